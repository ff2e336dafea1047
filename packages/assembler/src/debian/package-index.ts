import { ImageSpecError } from "@imagespec/errors";
import { type ControlFields, parseControlParagraph, requiredField } from "./control-file.ts";
import { isPoolPath } from "./debian-lock.ts";
import type { DebianArchitecture, DebianArea, IndexSource } from "./debian-release.ts";
import { parseRelations, type Relation, type RelationGroup } from "./relation.ts";
import { compareDebianVersions, satisfiesVersion } from "./version.ts";

/** A package of an index, with the relations the solver follows. */
export interface IndexedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly area: DebianArea;
  /** Pre-Depends, then Depends. */
  readonly depends: readonly RelationGroup[];
  /** Conflicts and Breaks: no other chosen package may match any. */
  readonly refuses: readonly Relation[];
  readonly provides: readonly Relation[];
  readonly priority: string;
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly source: string;
}

/** Where a paragraph is; 63,000 of them are indexed and a few hundred parsed. */
interface Entry {
  readonly name: string;
  readonly version: string;
  readonly source: IndexSource;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  readonly provides: string | undefined;
  parsed?: IndexedPackage;
}

const priorities: readonly string[] = ["required", "important", "standard", "optional", "extra"];

/** The packages of several suites as one world: of each name only the highest version exists, as for apt. */
export class PackageIndex {
  readonly #architecture: DebianArchitecture;
  readonly #entries = new Map<string, Entry>();
  /** Virtual or real name to the names of packages that provide it, best first. */
  #providers: Map<string, Entry[]> | undefined;

  constructor(architecture: DebianArchitecture) {
    this.#architecture = architecture;
  }

  /** Number of package names. */
  get size(): number {
    return this.#entries.size;
  }

  /** Names of all packages, for suggestions. */
  names(): Iterable<string> {
    return this.#entries.keys();
  }

  /**
   * Adds the text of a `Packages` file. Of equal versions the one added first stays.
   *
   * @throws DEBIAN_INDEX
   */
  add(text: Uint8Array, source: IndexSource): void {
    const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
    this.#providers = undefined;
    let nextProvides = bytes.indexOf("\nProvides: ");
    for (let start = 0; start < bytes.length; ) {
      if (bytes[start] === 10) {
        start++;
        continue;
      }
      const blank = bytes.indexOf("\n\n", start);
      const end = blank < 0 ? bytes.length : blank + 1;
      while (nextProvides >= 0 && nextProvides < start) nextProvides = bytes.indexOf("\nProvides: ", start);
      const name = lineValue(bytes, "Package: ", start, end);
      const version = lineValue(bytes, "Version: ", start, end);
      if (name === undefined || version === undefined) {
        throw new ImageSpecError(
          "DEBIAN_INDEX",
          `the index of "${source.suite}" has a paragraph without a name or version`,
        );
      }
      const current = this.#entries.get(name);
      if (current === undefined || compareDebianVersions(current.version, version) < 0) {
        const provides =
          nextProvides >= 0 && nextProvides < end ? lineValue(bytes, "Provides: ", nextProvides + 1, end) : undefined;
        this.#entries.set(name, { name, version, source, bytes, start, end, provides });
      }
      start = end + 1;
    }
  }

  get(name: string): IndexedPackage | undefined {
    const entry = this.#entries.get(name);
    return entry === undefined ? undefined : this.#parse(entry);
  }

  /** Packages that satisfy a relation: the real one first, then providers by priority and name. */
  candidates(relation: Relation): readonly IndexedPackage[] {
    const found: IndexedPackage[] = [];
    const real = this.get(relation.name);
    if (real !== undefined && this.satisfies(real, relation)) found.push(real);
    this.#providers ??= this.#indexProviders();
    for (const entry of this.#providers.get(relation.name) ?? []) {
      const provider = this.#parse(entry);
      if (!found.includes(provider) && this.satisfies(provider, relation)) found.push(provider);
    }
    return found;
  }

  /**
   * Whether a package satisfies a relation by its name or by what it provides.
   *
   * A relation with a version is satisfied only by a Provides with a version: the 64-bit time transition relies on it.
   * `:any` and `:native` mean nothing among packages of one architecture.
   */
  satisfies(candidate: IndexedPackage, { name, architecture, version }: Relation): boolean {
    if (architecture !== undefined && !["any", "native", this.#architecture].includes(architecture)) return false;
    if (
      candidate.name === name &&
      (version === undefined || satisfiesVersion(candidate.version, version.operator, version.value))
    ) {
      return true;
    }
    return candidate.provides.some(
      (provided) =>
        provided.name === name &&
        (version === undefined ||
          (provided.version?.operator === "=" &&
            satisfiesVersion(provided.version.value, version.operator, version.value))),
    );
  }

  #indexProviders(): Map<string, Entry[]> {
    const providers = new Map<string, Entry[]>();
    for (const entry of this.#entries.values()) {
      for (const { name } of parseRelations(entry.provides).flat()) {
        const list = providers.get(name);
        if (list === undefined) providers.set(name, [entry]);
        else list.push(entry);
      }
    }
    for (const list of providers.values()) {
      if (list.length > 1) list.sort((a, b) => this.#rank(a) - this.#rank(b) || (a.name < b.name ? -1 : 1));
    }
    return providers;
  }

  #rank(entry: Entry): number {
    const rank = priorities.indexOf(lineValue(entry.bytes, "Priority: ", entry.start, entry.end) ?? "optional");
    return rank < 0 ? priorities.length : rank;
  }

  #parse(entry: Entry): IndexedPackage {
    entry.parsed ??= this.#toPackage(
      parseControlParagraph(entry.bytes.toString("utf8", entry.start, entry.end)),
      entry.source,
    );
    return entry.parsed;
  }

  #toPackage(fields: ControlFields, source: IndexSource): IndexedPackage {
    const name = requiredField(fields, "Package");
    const architecture = requiredField(fields, "Architecture");
    const path = requiredField(fields, "Filename");
    const size = Number(requiredField(fields, "Size"));
    const sha256 = requiredField(fields, "SHA256");
    if (
      (architecture !== "all" && architecture !== this.#architecture) ||
      !Number.isSafeInteger(size) ||
      !/^[0-9a-f]{64}$/.test(sha256) ||
      !isPoolPath(path)
    ) {
      throw new ImageSpecError("DEBIAN_INDEX", `the index of "${source.suite}" has a wrong paragraph for "${name}"`);
    }
    return {
      name,
      version: requiredField(fields, "Version"),
      architecture,
      area: source.area,
      depends: [...parseRelations(fields.get("Pre-Depends")), ...parseRelations(fields.get("Depends"))],
      refuses: [...parseRelations(fields.get("Conflicts")), ...parseRelations(fields.get("Breaks"))].flat(),
      provides: parseRelations(fields.get("Provides")).flat(),
      priority: fields.get("Priority") ?? "optional",
      path,
      size,
      sha256,
      source: fields.get("Source") ?? name,
    };
  }
}

/** Value of the line that starts with `label` in a paragraph, without parsing the paragraph. */
function lineValue(bytes: Buffer, label: string, start: number, end: number): string | undefined {
  let at = start;
  for (;;) {
    at = bytes.indexOf(label, at, "latin1");
    if (at < 0 || at >= end) return undefined;
    if (at === start || bytes[at - 1] === 10) break;
    at += label.length;
  }
  const newline = bytes.indexOf(10, at);
  return bytes.toString("utf8", at + label.length, newline < 0 ? end : newline).trim();
}
