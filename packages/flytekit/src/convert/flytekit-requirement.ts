import { readFileSync } from "node:fs";
import { basename, isAbsolute, join } from "node:path";
import { isTruthy } from "../python/python-value.ts";
import type { ConstructedSpec } from "../spec/construct-spec.ts";

/** The requirement that flytekit's own builder adds for a release of it. */
export function requirementFor(version: string): string {
  return version === "" || version.includes("dev") ? "flytekit" : `flytekit==${version}`;
}

/**
 * What is added to the packages of a spec: flytekit, unless a lock file says it all, or a requirement names it already. A file
 * that cannot be read adds nothing: whoever installs from it says so.
 */
export function flytekitRequirement(
  { packages, requirements }: ConstructedSpec,
  { root, requirement }: { readonly root: string; readonly requirement: string | null },
): string | undefined {
  if (requirement === null) return undefined;
  const lines = Array.isArray(packages) ? packages.map(String) : [];
  if (typeof requirements === "string" && isTruthy(requirements)) {
    if (["uv.lock", "poetry.lock"].includes(basename(requirements))) return undefined;
    lines.push(...linesOf(isAbsolute(requirements) ? requirements : join(root, requirements)));
  }
  return lines.some((line) => /^[\w-]+/u.exec(line)?.[0] === "flytekit") ? undefined : requirement;
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8").split(/\r\n|\r|\n/);
  } catch (error) {
    if (error instanceof Error && "code" in error) return [];
    throw error;
  }
}
