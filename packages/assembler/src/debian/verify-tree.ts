import { ImageSpecError } from "@imagespec/errors";
import type { ArchitectureFacts } from "./debian-release.ts";
import { readElf } from "./elf.ts";
import type { FileTree } from "./file-tree.ts";

/** Something a file refers to that the tree does not have. */
export interface TreeDefect {
  readonly kind: "library" | "interpreter" | "shebang" | "link";
  /** Name of the library, or path of what is missing. */
  readonly missing: string;
  /** Paths that refer to it. */
  readonly neededBy: readonly string[];
}

/** Folders that the container engine fills at run time. */
const runtimeTarget = /^(?:proc|dev|sys)(?:\/|$)/;
/** Defects that Debian itself has and that do no harm, by path, with what is missing. */
const acceptedDefects: Readonly<Record<string, string>> = {
  // A module of the standard library with an execute bit and a line that nobody uses.
  "usr/lib/python3.11/cgi.py": "/usr/local/bin/python",
};
const commandFolders = ["usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin"];

/**
 * Looks for references to what is not there: needed libraries, program interpreters, `#!` lines, symbolic links.
 *
 * Nobody declares a dependency on Essential packages, so this is the only proof that leaving some out breaks nothing.
 */
export function findTreeDefects(
  tree: FileTree,
  facts: ArchitectureFacts,
  isOmitted: (path: string) => boolean = () => false,
): readonly TreeDefect[] {
  const found = new Map<string, TreeDefect & { readonly neededBy: string[] }>();
  const report = (kind: TreeDefect["kind"], missing: string, path: string): void => {
    if (acceptedDefects[path] === missing) return;
    const key = `${kind} ${missing}`;
    const defect = found.get(key);
    if (defect === undefined) found.set(key, { kind, missing, neededBy: [path] });
    else defect.neededBy.push(path);
  };
  const libraryFolders = [`usr/lib/${facts.triplet}`, "usr/lib", "usr/lib64", "usr/local/lib"];
  for (const [path, node] of tree.entries()) {
    if (node.type === "symlink") {
      const target = linkTarget(path, node.target);
      if (tree.resolve(path) === undefined && !runtimeTarget.test(target) && !isOmitted(target)) {
        report("link", node.target, path);
      }
    } else if (node.type === "file") {
      const elf = readElf(node.content);
      if (elf !== undefined) {
        if (elf.interpreter !== undefined && tree.resolve(elf.interpreter) === undefined) {
          report("interpreter", elf.interpreter, path);
        }
        const origin = path.slice(0, path.lastIndexOf("/"));
        const own = elf.searchPath.map((folder) => folder.replace(/\$\{?ORIGIN\}?/, `/${origin}`));
        for (const library of elf.needed) {
          const places = library.includes("/")
            ? [library]
            : [...own, ...libraryFolders].map((folder) => `${folder}/${library}`);
          if (!places.some((place) => tree.resolve(place) !== undefined)) report("library", library, path);
        }
      } else if ((node.mode & 0o111) !== 0 && !path.startsWith("usr/share/doc/")) {
        const interpreter = shebang(node.content);
        if (interpreter !== undefined && !hasCommand(tree, interpreter)) report("shebang", interpreter, path);
      }
    }
  }
  return [...found.values()];
}

/**
 * Refuses a tree with defects.
 *
 * @throws DEBIAN_INDEX naming what is missing and who needs it.
 */
export function assertTreeComplete(
  tree: FileTree,
  facts: ArchitectureFacts,
  isOmitted: (path: string) => boolean,
): void {
  const defects = findTreeDefects(tree, facts, isOmitted);
  if (defects.length === 0) return;
  const list = defects.map(
    ({ kind, missing, neededBy }) =>
      `${kind} "${missing}" for "${neededBy[0] ?? ""}"${neededBy.length > 1 ? ` and ${neededBy.length - 1} more` : ""}`,
  );
  throw new ImageSpecError("DEBIAN_INDEX", `the Debian base would be incomplete: missing ${list.join("; ")}`, {
    hint: "add the package that brings what is missing, such as perl-base for perl scripts",
    details: { defects },
  });
}

/** Program of a `#!` line; that of `env` where it is used. */
function shebang(content: Buffer): string | undefined {
  if (content[0] !== 0x23 || content[1] !== 0x21) return undefined;
  const [program, ...words] = (content.toString("latin1", 2, 256).split("\n", 1)[0] ?? "").trim().split(/\s+/);
  if (program === undefined || program === "") return undefined;
  return program.endsWith("/env")
    ? (words.find((word) => !word.startsWith("-") && !word.includes("=")) ?? program)
    : program;
}

function hasCommand(tree: FileTree, command: string): boolean {
  if (command.startsWith("/")) return tree.resolve(command) !== undefined;
  return commandFolders.some((folder) => tree.resolve(`${folder}/${command}`) !== undefined);
}

/** Path of the tree that a link means, without following further links. */
function linkTarget(path: string, target: string): string {
  const parts = target.startsWith("/") ? [] : path.split("/").slice(0, -1);
  for (const part of target.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}
