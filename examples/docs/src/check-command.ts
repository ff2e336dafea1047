import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { checkImagespec } from "./imagespec-help.ts";

/** Programs of others that the docs may use as they like. */
const foreign: ReadonlySet<string> = new Set([
  "git",
  "cd",
  "ls",
  "cat",
  "mkdir",
  "cp",
  "export",
  "echo",
  "head",
  "tail",
  "grep",
  "sed",
  "jq",
  "tar",
  "curl",
  "openssl",
  "docker",
  "aws",
  "gcloud",
  "terraform",
  "podman",
  "skopeo",
  "crane",
  "oras",
  "uv",
  "pip",
  "python",
  "python3",
  "$EDITOR",
]);

/** Where a command stands: the repository, and the folder of the Markdown file. */
export interface CommandPlace {
  readonly root: string;
  readonly folder: string;
  /** Names of the workspace's packages. */
  readonly packages: ReadonlySet<string>;
}

/** What is wrong with a command that the docs tell to type. */
export async function checkCommand(words: readonly string[], place: CommandPlace): Promise<string | undefined> {
  const [program = "", ...args] = words;
  switch (program) {
    case "imagespec":
      return checkImagespec(args, place.root);
    case "npx":
      return checkNpx(
        args.filter((word, index) => !(index === 0 && word === "-y")),
        place,
      );
    case "npm":
      return checkNpm(args, place);
    case "node": {
      const [file = ""] = args;
      const exists =
        file.startsWith("-") || [place.folder, place.root].some((folder) => existsSync(path.join(folder, file)));
      return exists ? undefined : `there is no file "${file}"`;
    }
    default:
      return foreign.has(program) ? undefined : `"${program}" is no program that the docs may use`;
  }
}

function checkNpx(
  [program = "", ...args]: readonly string[],
  { root }: CommandPlace,
): Promise<string | undefined> | string | undefined {
  if (program === "imagespec") return checkImagespec(args, root);
  return existsSync(path.join(root, "node_modules", ".bin", program)) ? undefined : `there is no program "${program}"`;
}

/** Whether a script of the root package.json exists. */
export function checkScript(name: string, root: string): string | undefined {
  const { scripts }: { readonly scripts: Record<string, string> } = JSON.parse(
    readFileSync(path.join(root, "package.json"), "utf8"),
  );
  return Object.hasOwn(scripts, name) ? undefined : `package.json has no script "${name}"`;
}

function checkNpm(
  [action = "", ...args]: readonly string[],
  { root, packages }: CommandPlace,
): Promise<string | undefined> | string | undefined {
  if (action === "test") return checkScript("test", root);
  if (action === "run") {
    const [script = "", separator, ...own] = args;
    if (script === "imagespec" && separator === "--") return checkImagespec(own, root);
    return checkScript(script, root);
  }
  if (action !== "install" && action !== "create") return `"npm ${action}" is no command that the docs may use`;
  const names = args.filter((word) => !word.startsWith("-"));
  const named = action === "create" ? names.slice(0, 1).map((name) => `create-${name}`) : names;
  const missing = named.find((name) => name.includes("imagespec") && !packages.has(name));
  return missing === undefined ? undefined : `there is no package "${missing}"`;
}
