import type { Dirent } from "node:fs";
import { readdir, readlink, realpath, stat } from "node:fs/promises";
import { isAbsolute, join, posix, relative, sep } from "node:path";
import { ImageSpecError, systemCodeOf, throwIfAborted } from "@imagespec/errors";
import type { DockerIgnore } from "./docker-ignore.ts";
import type { GitIgnore } from "./git-ignore.ts";
import {
  isSecretFile,
  isStandardExclude,
  mayKeepBelow,
  readDockerIgnore,
  readGitIgnore,
  type ScopedRules,
  testDockerIgnores,
  testGitIgnores,
} from "./ignore-rules.ts";
import { unreadableFile } from "./missing-file.ts";

/** A file or link that was found, not read yet. */
export interface FoundEntry {
  /** Relative to the walked folder, with forward slashes. */
  readonly path: string;
  readonly absolute: string;
  readonly kind: "file" | "symlink";
  readonly linkTarget: string | undefined;
}

export interface WalkOptions {
  /** Root folder of the spec: ignore files from there on count. */
  readonly root: string;
  /** Field of the spec, for errors. */
  readonly field: string;
  /** The folder was named by itself: rules that ignore the whole of it do not count. */
  readonly named: boolean;
  readonly signal: AbortSignal | undefined;
}

/** The ignore files from the root down to a folder. */
interface RuleChains {
  readonly git: readonly ScopedRules<GitIgnore>[];
  readonly docker: readonly ScopedRules<DockerIgnore>[];
}

/**
 * Everything in a folder that ignore rules leave: standard excludes, then nested `.gitignore` files, then `.dockerignore`,
 * which has the last word.
 *
 * @throws SPEC_SYMLINK_OUTSIDE, SPEC_SOURCE_UNSUPPORTED, SPEC_FILE_UNREADABLE
 */
export async function walkFolder(folder: string, options: WalkOptions): Promise<readonly FoundEntry[]> {
  const real = await realpath(folder);
  // Rules and paths are relative to the root when the folder is inside of it, else to the folder itself.
  const offset = relative(await realpath(options.root), real)
    .split(sep)
    .join("/");
  const inside = offset !== ".." && !offset.startsWith("../") && !isAbsolute(offset);
  const base = inside ? offset : "";
  const found: FoundEntry[] = [];
  const walk = new FolderWalk(folder, real, base, options, found);
  await walk.visit("", await walk.outerChains(inside), false);
  return found;
}

class FolderWalk {
  readonly #folder: string;
  readonly #real: string;
  readonly #base: string;
  readonly #options: WalkOptions;
  readonly #found: FoundEntry[];

  constructor(folder: string, real: string, base: string, options: WalkOptions, found: FoundEntry[]) {
    this.#folder = folder;
    this.#real = real;
    this.#base = base;
    this.#options = options;
    this.#found = found;
  }

  /** Rules of the folders above the walked one, without those `.gitignore` files that ignore it when it was named. */
  async outerChains(inside: boolean): Promise<RuleChains> {
    if (!inside || this.#base === "") return { git: [], docker: [] };
    const git: ScopedRules<GitIgnore>[] = [];
    const docker: ScopedRules<DockerIgnore>[] = [];
    const segments = this.#base.split("/");
    let ignored = false;
    for (const [index] of segments.entries()) {
      const folder = segments.slice(0, index).join("/");
      const [gitRules, dockerRules] = await this.#read(join(this.#options.root, folder));
      if (gitRules !== undefined) git.push({ folder, rules: gitRules });
      if (dockerRules !== undefined) docker.push({ folder, rules: dockerRules });
      ignored ||= testGitIgnores(git, segments.slice(0, index + 1).join("/"), true) === "ignored";
    }
    return { git: ignored && this.#options.named ? [] : git, docker };
  }

  async visit(folder: string, above: RuleChains, ignoredAbove: boolean): Promise<void> {
    throwIfAborted(this.#options.signal);
    const absolute = folder === "" ? this.#folder : join(this.#folder, folder);
    const entries = await this.#entries(absolute, folder);
    if (folder !== "" && entries.some(({ name }) => name === "pyvenv.cfg")) return;
    const chains = await this.#extend(above, absolute, this.#rulePath(folder), entries);
    for (const entry of entries) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (isStandardExclude(entry.name)) continue;
      const rulePath = this.#rulePath(path);
      const isFolder = entry.isDirectory();
      const docker = testDockerIgnores(chains.docker, rulePath);
      const git = testGitIgnores(chains.git, rulePath, isFolder);
      const gitIgnored = ignoredAbove || git === "ignored";
      const ignored = docker === undefined ? gitIgnored || isSecretFile(entry.name) : docker === "ignored";
      if (isFolder) {
        if (!ignored || mayKeepBelow(chains.docker, rulePath)) await this.visit(path, chains, gitIgnored);
      } else if (!ignored) await this.#add(entry, path, join(absolute, entry.name));
    }
  }

  async #add(entry: Dirent, path: string, absolute: string): Promise<void> {
    if (entry.name.includes("\uFFFD")) {
      throw this.#unsupported(path, "has a name that is not UTF-8", "rename it, or exclude it in .dockerignore");
    }
    if (entry.isFile()) this.#found.push({ path, absolute, kind: "file", linkTarget: undefined });
    else if (entry.isSymbolicLink()) {
      this.#found.push({ path, absolute, kind: "symlink", linkTarget: await this.#linkTarget(path, absolute) });
    } else {
      const what = entry.isSocket() ? "a socket" : entry.isFIFO() ? "a named pipe" : "a device";
      throw this.#unsupported(path, `is ${what}`, "remove it, or exclude it in .dockerignore");
    }
  }

  /** Checks by its text, and by where it really ends, that a link stays inside. */
  async #linkTarget(path: string, absolute: string): Promise<string> {
    const target = (await readlink(absolute)).split(sep).join("/");
    const byText = posix.normalize(posix.join(posix.dirname(path), target));
    const end = await realTarget(absolute);
    const outside =
      isAbsolute(target) ||
      byText === ".." ||
      byText.startsWith("../") ||
      (end !== undefined && end !== this.#real && !end.startsWith(this.#real + sep));
    if (!outside) return target;
    throw new ImageSpecError(
      "SPEC_SYMLINK_OUTSIDE",
      `${this.#options.field}: "${path}" links to "${target}", outside of the copied folder`,
      {
        hint: "replace the link by the file, or exclude it in .dockerignore",
        details: { file: absolute, path: this.#options.field },
      },
    );
  }

  #unsupported(path: string, what: string, hint: string): ImageSpecError {
    return new ImageSpecError("SPEC_SOURCE_UNSUPPORTED", `${this.#options.field}: "${path}" ${what}`, {
      hint,
      details: { file: join(this.#folder, path), path: this.#options.field },
    });
  }

  async #entries(absolute: string, folder: string): Promise<readonly Dirent[]> {
    try {
      return await readdir(absolute, { withFileTypes: true });
    } catch (error) {
      if (systemCodeOf(error) === undefined) throw error;
      throw unreadableFile(this.#options.field, folder === "" ? absolute : folder, error);
    }
  }

  async #extend(above: RuleChains, absolute: string, folder: string, entries: readonly Dirent[]): Promise<RuleChains> {
    const has = (name: string) => entries.some((entry) => entry.name === name);
    if (!has(".gitignore") && !(folder === this.#base && has(".dockerignore"))) return above;
    const [git, docker] = await this.#read(absolute);
    return {
      git: git === undefined ? above.git : [...above.git, { folder, rules: git }],
      // A .dockerignore counts in the root and in the walked folder: others belong to contexts of their own.
      docker:
        docker === undefined || folder !== this.#base ? above.docker : [...above.docker, { folder, rules: docker }],
    };
  }

  #read(folder: string): Promise<readonly [GitIgnore | undefined, DockerIgnore | undefined]> {
    return Promise.all([readGitIgnore(folder), readDockerIgnore(folder)]);
  }

  #rulePath(path: string): string {
    if (this.#base === "") return path;
    return path === "" ? this.#base : `${this.#base}/${path}`;
  }
}

/** Where a link ends; nothing when it points to nothing. */
async function realTarget(link: string): Promise<string | undefined> {
  try {
    await stat(link);
    return await realpath(link);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP" || code === "EACCES") return undefined;
    throw error;
  }
}
