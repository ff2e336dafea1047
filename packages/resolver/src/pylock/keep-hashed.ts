import { normalizePackageName } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import type { Pylock } from "./parse-pylock.ts";

/** Which files may be installed. */
export interface HashRules {
  /** Normalised name → lower-case hex sha256 of its files. */
  readonly allowed: ReadonlyMap<string, ReadonlySet<string>>;
  /** Everything that is installed must be in `allowed`. */
  readonly isComplete: boolean;
}

/**
 * The rules that `--hash` options of requirement lines make. When every line has some, so must every dependency, as pip
 * has it.
 *
 * @throws SPEC_REQUIREMENT for a line with other hashes than sha256 alone, which the index does not tell
 */
export function hashRules(lines: readonly string[], options: readonly string[] = []): HashRules {
  const allowed = new Map<string, Set<string>>();
  let isComplete = lines.length > 0;
  for (const line of lines) {
    const name = normalizePackageName(/^[\w.-]+/.exec(line)?.[0] ?? line);
    const hashes = [...line.matchAll(/\s--hash[= ](\S+)/g)].map(([, hash = ""]) => hash.toLowerCase());
    if (hashes.length === 0) {
      isComplete = false;
      continue;
    }
    const known = allowed.get(name) ?? new Set();
    for (const hash of hashes) if (hash.startsWith("sha256:")) known.add(hash.slice("sha256:".length));
    if (known.size === 0) {
      throw new ImageSpecError("SPEC_REQUIREMENT", `"${name}" has no sha256 among its hashes`, {
        hint: "write its hashes as sha256",
      });
    }
    allowed.set(name, known);
  }
  return { allowed, isComplete: isComplete || options.includes("--require-hashes") };
}

/**
 * What is left of a resolution when only files with an allowed hash count: uv resolves without looking at them.
 *
 * @throws WHEEL_HASH_MISMATCH when the index has none of the allowed files, SPEC_REQUIREMENT for a package that lacks a hash
 */
export function keepHashed(pylock: Pylock, { allowed, isComplete }: HashRules, file: string): Pylock {
  if (allowed.size === 0 && !isComplete) return pylock;
  const packages = pylock.packages.map((entry) => {
    const name = normalizePackageName(entry.name);
    const hashes = allowed.get(name);
    if (hashes === undefined) {
      if (!isComplete) return entry;
      throw new ImageSpecError("SPEC_REQUIREMENT", `"${name}" would be installed, and ${file} has no hash for it`, {
        hint: "add it with its hashes, or leave all hashes out",
        details: { package: name },
      });
    }
    const wheels = entry.wheels.filter(({ sha256 }) => sha256 !== undefined && hashes.has(sha256));
    const sdist = entry.sdist?.kind === "archive" && hashes.has(entry.sdist.sha256) ? entry.sdist : undefined;
    const has = wheels.length > 0 || sdist !== undefined;
    if (has || (entry.wheels.length === 0 && entry.sdist === undefined)) return { ...entry, wheels, sdist };
    const version = entry.version === undefined ? "" : `==${entry.version}`;
    throw new ImageSpecError(
      "WHEEL_HASH_MISMATCH",
      `no file of "${name}${version}" in the package index has a hash of ${file}`,
      {
        hint: "find out who changed the files or the hashes, before you write them anew",
        details: { package: name, expected: [...hashes] },
      },
    );
  });
  return { ...pylock, packages };
}
