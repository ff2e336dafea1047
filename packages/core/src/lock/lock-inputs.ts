import { canonicalJson } from "../fingerprint/canonical-json.ts";
import { sha256Hex } from "../fingerprint/sha256-hex.ts";
import type { Json } from "../spec/json.ts";
import type { NormalizedBase } from "../spec/normalized-spec.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";

/** What a lock was made from. */
export interface LockInputs {
  /** Hex sha256 over all: `inputs` of the `[tool.imagespec]` table. */
  readonly hash: string;
  /** The first 16 hex digits for each field: `[tool.imagespec.input-hashes]`, so that a stale lock can say what changed. */
  readonly fields: Readonly<Record<string, string>>;
}

/** The part of a resolved spec that the lock depends on. */
export type LockedFields = Pick<
  ResolvedImageSpec,
  | "requirementLines"
  | "constraintLines"
  | "pythonVersion"
  | "pythonExec"
  | "base"
  | "pipIndex"
  | "pipExtraIndexUrl"
  | "pipExtraArgs"
  | "excludeNewer"
  | "condaPackages"
  | "condaChannels"
  | "aptPackages"
  | "cuda"
  | "cudnn"
>;

/** The inputs of a spec's own lock. Source, commands, environment and location do not make a lock stale. */
export function lockInputs(spec: LockedFields): LockInputs {
  const values: Readonly<Record<string, Json>> = {
    packages: [...spec.requirementLines].sort(),
    constraints: [...spec.constraintLines].sort(),
    pythonVersion: spec.pythonVersion ?? null,
    pythonExec: spec.pythonExec ?? null,
    baseImage: baseText(spec.base),
    pipIndex: spec.pipIndex ?? null,
    pipExtraIndexUrl: spec.pipExtraIndexUrl,
    pipExtraArgs: spec.pipExtraArgs,
    excludeNewer: spec.excludeNewer ?? null,
    condaPackages: spec.condaPackages,
    condaChannels: spec.condaChannels,
    aptPackages: spec.aptPackages,
    cuda: spec.cuda ?? null,
    cudnn: spec.cudnn ?? null,
  };
  // A field without a value is left out: one that a later version adds does not make old locks stale.
  const given = Object.entries(values).filter(
    ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
  );
  return {
    hash: sha256Hex(canonicalJson(Object.fromEntries(given))),
    fields: Object.fromEntries(given.map(([name, value]) => [name, sha256Hex(canonicalJson(value)).slice(0, 16)])),
  };
}

function baseText(base: NormalizedBase): Json {
  switch (base.kind) {
    case "reference":
      return base.reference;
    case "scratch":
      return "scratch";
    case "debian":
      return `debian:${base.suite}`;
    case "oci-layout":
      return `oci-layout:${base.path}`;
    case "spec":
      return { packages: base.spec.packages, base: baseText(base.spec.base) };
  }
}
