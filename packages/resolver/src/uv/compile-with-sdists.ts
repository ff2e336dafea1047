import { pathToFileURL } from "node:url";
import { normalizePackageName } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import { chooseDistributions } from "../pylock/choose-distributions.ts";
import { parsePylock } from "../pylock/parse-pylock.ts";
import type { SourceRequests } from "./source-requests.ts";
import type { UvHost, UvWork } from "./uv-host.ts";

/**
 * Runs `uv pip compile` with source distributions allowed, but wheels first: uv takes the newest version whether or not it has a
 * wheel, so what is to be built without having been asked for is kept from it as far as the requirements can do without.
 *
 * @param args the command with everything but which packages may be built
 */
export async function compileWithSdists(
  work: UvWork,
  uv: UvHost,
  args: readonly string[],
  requests: SourceRequests,
): Promise<string> {
  if (!requests.any) {
    const { document, stderr } = await uv.tryPylock(work, [...args, "--only-binary", ":all:"]);
    if (document !== undefined) return document;
    if (namesWithoutWheel(stderr).length === 0) throw uv.explain(work, stderr);
  }
  return new Search(work, uv, args, requests).run();
}

class Search {
  readonly #work: UvWork;
  readonly #uv: UvHost;
  readonly #args: readonly string[];
  readonly #requests: SourceRequests;
  /** Must come as wheels. */
  readonly #kept = new Set<string>();
  /** Were kept, and have no wheel that fits. */
  readonly #built = new Set<string>();
  #python: string | undefined;

  constructor(work: UvWork, uv: UvHost, args: readonly string[], requests: SourceRequests) {
    this.#work = work;
    this.#uv = uv;
    this.#args = args;
    this.#requests = requests;
  }

  async run(): Promise<string> {
    let first: string | undefined;
    // Ends: each turn moves a package from free to kept, or from kept to built.
    for (;;) {
      const { document, stderr } = await this.#attempt();
      if (document === undefined) {
        if (this.#keep(namesNotBuilt(stderr)) || this.#release(namesWithoutWheel(stderr))) continue;
        if (first !== undefined) return first;
        throw this.#uv.explain(this.#work, stderr);
      }
      if (!this.#keep(this.#sourcesOf(document))) return document;
      first ??= document;
    }
  }

  async #attempt(): Promise<{ readonly document: string | undefined; readonly stderr: string }> {
    const kept = [...this.#kept].flatMap((name) => ["--only-binary", name]);
    const args = [...this.#args, ...kept];
    const result = await this.#uv.tryPylock(this.#work, args, this.#python);
    if (result.document !== undefined || this.#python !== undefined) return result;
    const [name] = namesNotBuilt(result.stderr);
    if (name === undefined) return result;
    // The description of an interpreter cannot run a build.
    const python = await this.#uv.findPython();
    if (python === undefined) {
      if (this.#isFree(name)) return result;
      throw new ImageSpecError(
        "RESOLVER_FAILED",
        `"${name}" tells what it depends on only when it is built, and this machine has no Python`,
        {
          hint: "install Python 3 on this machine, choose a version that has wheels, or use a lock that was written elsewhere",
          details: { package: name },
        },
      );
    }
    this.#python = python;
    return this.#uv.tryPylock(this.#work, args, python);
  }

  /** Packages of a resolution that would be built. */
  #sourcesOf(document: string): readonly string[] {
    const { folder, target } = this.#work;
    const pylock = parsePylock(document, "the resolution", pathToFileURL(`${folder}/`));
    return chooseDistributions(pylock, target, { file: "the resolution", sdists: true }).flatMap(({ name, sdist }) =>
      sdist === undefined ? [] : [name],
    );
  }

  #isFree(name: string): boolean {
    return !(this.#requests.isNamed(name) || this.#kept.has(name) || this.#built.has(name));
  }

  #keep(names: readonly string[]): boolean {
    const free = names.filter((name) => this.#isFree(name));
    for (const name of free) this.#kept.add(name);
    return free.length > 0;
  }

  #release(names: readonly string[]): boolean {
    const released = names.filter((name) => this.#kept.delete(name));
    for (const name of released) this.#built.add(name);
    return released.length > 0;
  }
}

/** Packages that uv tried to build, for what they depend on, and could not. */
function namesNotBuilt(stderr: string): readonly string[] {
  return namesIn(stderr, /Failed to (?:build|download and build)(?: source distribution)?:? `([A-Za-z0-9][\w.-]*)/g);
}

/** Packages of which uv says that no version has a wheel that it may take. */
function namesWithoutWheel(stderr: string): readonly string[] {
  const reason = "(?:has|have) no (?:usable wheels|wheels with a matching [\\w ]+? tag)";
  const pattern = `(?:all versions of )?([A-Za-z0-9][\\w.-]*)(?:[=<>!~]=?[\\w.,<>=!]+)?,? ${reason}`;
  return namesIn(stderr.replace(/\s+/g, " "), new RegExp(pattern, "g"));
}

function namesIn(text: string, pattern: RegExp): readonly string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, name = ""]) => normalizePackageName(name)))];
}
