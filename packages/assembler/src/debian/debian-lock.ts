import { ImageSpecError } from "@imagespec/errors";
import type { DebianArchitecture, DebianArea, DebianSuite } from "./debian-release.ts";

/** One verified index that a lock was made from. */
export interface DebianLockIndex {
  readonly area: DebianArea;
  /** Codename: `trixie`, `trixie-updates`, `trixie-security`. */
  readonly suite: string;
  /** Hex digest of the InRelease file as downloaded. */
  readonly inReleaseSha256: string;
  /** The signed Date, ISO 8601 in UTC. */
  readonly date: string;
  /** Hex digest of `Packages.xz`. */
  readonly packagesSha256: string;
  /** Fingerprints of the primary keys that signed, upper case, sorted. */
  readonly signers: readonly string[];
}

/** One package, exactly. */
export interface DebianLockPackage {
  readonly name: string;
  readonly version: string;
  /** The architecture of the lock, or `all`. */
  readonly architecture: string;
  /** Path below the URL of its archive. */
  readonly path: string;
  readonly area: DebianArea;
  /** Bytes of the .deb file. */
  readonly size: number;
  /** Hex digest of the .deb file. */
  readonly sha256: string;
  /** Source package, with its version in parentheses where that differs. */
  readonly source: string;
}

/** The solved closure of a Debian base: everything that decides the bytes of its layer. */
export interface DebianLock {
  readonly suite: DebianSuite;
  readonly architecture: DebianArchitecture;
  /** Package names that were asked for, sorted. */
  readonly roots: readonly string[];
  readonly indexes: readonly DebianLockIndex[];
  /** Sorted by name. */
  readonly packages: readonly DebianLockPackage[];
  /** Dependencies deliberately not followed: `package: relation (reason)`. */
  readonly dropped: readonly string[];
  /** Alternatives that were chosen: `package: relation → choice`. */
  readonly choices: readonly string[];
}

const hexDigest = /^[0-9a-f]{64}$/;
const packageName = /^[a-z0-9][a-z0-9+.-]+$/;

/**
 * Reads a lock from parsed JSON or TOML.
 *
 * @throws LOCK_INVALID naming the field.
 */
export function parseDebianLock(value: unknown): DebianLock {
  const lock = object(value, "the Debian lock");
  const architecture = oneOf(lock["architecture"], ["amd64", "arm64"] as const, "architecture");
  return {
    suite: oneOf(lock["suite"], ["bookworm", "trixie"] as const, "suite"),
    architecture,
    roots: list(lock["roots"], "roots", (item, path) => matching(item, packageName, path)),
    indexes: list(lock["indexes"], "indexes", (item, path) => {
      const index = object(item, path);
      return {
        area: oneOf(index["area"], ["main", "security"] as const, `${path}.area`),
        suite: text(index["suite"], `${path}.suite`),
        inReleaseSha256: matching(index["inReleaseSha256"], hexDigest, `${path}.inReleaseSha256`),
        date: date(index["date"], `${path}.date`),
        packagesSha256: matching(index["packagesSha256"], hexDigest, `${path}.packagesSha256`),
        signers: list(index["signers"], `${path}.signers`, text),
      };
    }),
    packages: list(lock["packages"], "packages", (item, path) => {
      const entry = object(item, path);
      return {
        name: matching(entry["name"], packageName, `${path}.name`),
        version: text(entry["version"], `${path}.version`),
        architecture: oneOf(entry["architecture"], [architecture, "all"] as const, `${path}.architecture`),
        path: poolPath(entry["path"], `${path}.path`),
        area: oneOf(entry["area"], ["main", "security"] as const, `${path}.area`),
        size: size(entry["size"], `${path}.size`),
        sha256: matching(entry["sha256"], hexDigest, `${path}.sha256`),
        source: text(entry["source"], `${path}.source`),
      };
    }),
    dropped: list(lock["dropped"], "dropped", text),
    choices: list(lock["choices"], "choices", text),
  };
}

/** Whether a path of the archive stays below its folder and is one that a URL can hold as it is. */
export function isPoolPath(path: string): boolean {
  // For a URL, "%2e" is a dot, and what stands before a colon a scheme.
  const parts = path.replace(/%2e/gi, ".").split("/");
  return (
    /^[A-Za-z0-9][A-Za-z0-9+.,_~%:/-]*$/.test(path) &&
    !parts[0]?.includes(":") &&
    !parts.some((part) => part === "" || part === "." || part === "..")
  );
}

function poolPath(value: unknown, path: string): string {
  const found = text(value, path);
  if (!isPoolPath(found)) throw invalid(path, value, "a path below the archive");
  return found;
}

function object(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(path, value, "a table");
  // A non-null object that is no array can be read by string keys.
  return value as Readonly<Record<string, unknown>>;
}

function list<T>(value: unknown, path: string, item: (value: unknown, path: string) => T): readonly T[] {
  if (!Array.isArray(value)) throw invalid(path, value, "a list");
  return value.map((entry, index) => item(entry, `${path}[${index}]`));
}

function text(value: unknown, path: string): string {
  if (typeof value !== "string" || value === "") throw invalid(path, value, "a text");
  return value;
}

function matching(value: unknown, pattern: RegExp, path: string): string {
  const found = text(value, path);
  if (!pattern.test(found)) throw invalid(path, value, `a text that matches ${pattern.source}`);
  return found;
}

function oneOf<const T extends string>(value: unknown, allowed: readonly T[], path: string): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw invalid(path, value, `one of ${allowed.join(", ")}`);
  return found;
}

function date(value: unknown, path: string): string {
  const found = text(value, path);
  if (Number.isNaN(Date.parse(found))) throw invalid(path, value, "a date");
  return found;
}

function size(value: unknown, path: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value <= 0) {
    throw invalid(path, value, "a number of bytes");
  }
  return value;
}

function invalid(path: string, value: unknown, wanted: string): ImageSpecError {
  return new ImageSpecError("LOCK_INVALID", `"${path}" of the Debian lock is ${JSON.stringify(value)}, not ${wanted}`, {
    hint: "write the lock anew with `imagespec lock`",
  });
}
