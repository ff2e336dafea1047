import { canonicalJson } from "../fingerprint/canonical-json.ts";
import { sha256Hex } from "../fingerprint/sha256-hex.ts";
import type { NormalizedBase } from "../spec/normalized-spec.ts";
import type { ResolvedBase, ResolvedImageSpec } from "../spec/resolved-spec.ts";
import type { LockMeaning } from "./lock-meaning.ts";

/** A text, or a list of texts whose order means nothing. */
export type LockInputValue = string | readonly string[];

/** What a lock was made from. */
export interface LockInputs {
  /** Hex sha256 over all: `inputs-hash` of the `[tool.imagespec]` table. */
  readonly hash: string;
  /** By field; one without a value is left out. `[tool.imagespec.inputs]`, so that a stale lock can say what changed. */
  readonly values: Readonly<Record<string, LockInputValue>>;
}

/** The part of a resolved spec that the lock depends on. */
export interface LockedFields
  extends Pick<
    ResolvedImageSpec,
    | "requirementLines"
    | "constraintLines"
    | "pythonVersion"
    | "pythonExec"
    | "base"
    | "requirements"
    | "pipIndex"
    | "pipExtraIndexUrl"
    | "pipExtraArgs"
    | "excludeNewer"
    | "condaPackages"
    | "condaChannels"
    | "cuda"
    | "cudnn"
  > {
  /** For a base that is another spec: what it is locked to. */
  readonly resolvedBase?: ResolvedBase | undefined;
  /** Of the project's uv.lock, poetry.lock or pylock.toml in `requirements`, when the own lock is made from one. */
  readonly projectLock?: LockMeaning | undefined;
}

/** The inputs of a spec's own lock. Source, commands, Debian packages, environment and location do not make a lock stale. */
export function lockInputs(spec: LockedFields): LockInputs {
  const values: Readonly<Record<string, LockInputValue | undefined>> = {
    packages: [...spec.requirementLines].sort(),
    constraints: [...spec.constraintLines].sort(),
    requirements: projectText(spec),
    pythonVersion: spec.pythonVersion,
    pythonExec: spec.pythonExec,
    baseImage: baseText(spec.base, spec.resolvedBase),
    pipIndex: spec.pipIndex,
    pipExtraIndexUrl: spec.pipExtraIndexUrl,
    pipExtraArgs: spec.pipExtraArgs,
    excludeNewer: spec.excludeNewer,
    condaPackages: spec.condaPackages,
    condaChannels: spec.condaChannels,
    cuda: spec.cuda,
    cudnn: spec.cudnn,
  };
  // A field without a value is left out: one that a later version adds does not make old locks stale.
  const given = Object.fromEntries(
    Object.entries(values).filter(
      (entry): entry is [string, LockInputValue] => entry[1] !== undefined && entry[1].length > 0,
    ),
  );
  return { hash: sha256Hex(canonicalJson(given)), values: given };
}

function projectText({ requirements, projectLock }: LockedFields): string | undefined {
  if (requirements === undefined || projectLock === undefined) return undefined;
  const { file, groups, extras } = requirements;
  const chosen = [...groups.map((group) => `group ${group}`), ...extras.map((extra) => `extra ${extra}`)].sort();
  return [file, ...chosen, short(projectLock.fingerprint)].join(" ");
}

function baseText(base: NormalizedBase, resolved: ResolvedBase | undefined): string {
  switch (base.kind) {
    case "reference":
      return base.reference;
    case "scratch":
      return "scratch";
    case "debian":
      return `debian:${base.suite}`;
    case "oci-layout":
      return `oci-layout:${base.path}${base.name === undefined ? "" : `:${base.name}`}`;
    case "spec": {
      const image = resolved?.kind === "image" ? resolved.image : undefined;
      return `${base.spec.name ?? "base"} ${short(image === undefined ? "" : contentOf(image))}`;
    }
  }
}

/** What of a base decides which packages fit on it: its Python and what is installed, not its source or environment. */
function contentOf(image: ResolvedImageSpec): string {
  const { lock } = image;
  const { hash } = lockInputs(image);
  return sha256Hex(canonicalJson([hash, lock?.fingerprint ?? null, lock?.own?.baseDigest ?? null]));
}

function short(hash: string): string {
  return hash.slice(0, 16);
}
