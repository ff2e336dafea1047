import type { Json } from "../spec/json.ts";
import type { LockInputValue } from "./lock-inputs.ts";

/** One distribution that a lock pins. */
export interface LockedDistribution {
  /** Normalised (PEP 503). */
  readonly name: string;
  readonly version: string;
  /** `sha256:…`, sorted; empty for what has none (a project's own folder, a VCS reference). */
  readonly hashes: readonly string[];
  /** PEP 508 marker as written by the lock. */
  readonly marker: string | undefined;
  /** A folder, VCS or direct URL instead of an index. */
  readonly source: string | undefined;
}

/** The `[tool.imagespec]` table of a lock that `imagespec lock` wrote. */
export interface OwnLock {
  /** Hash of the `lockInputs` of the spec that it was made for. */
  readonly inputsHash: string;
  /** Those inputs, for telling what changed. */
  readonly inputs: Readonly<Record<string, LockInputValue>>;
  /** `os/arch[/variant]`, sorted: what it was resolved for. */
  readonly platforms: readonly string[];
  /** Of the base by reference: what the reference pointed to. */
  readonly baseDigest: string | undefined;
  /** `3.12.4` */
  readonly python: string | undefined;
  /** `glibc 2.36` */
  readonly libc: string | undefined;
  /** What the builder's base is made of, by platform, as the builder wrote it: the packages of a Debian base. */
  readonly baseLock: Readonly<Record<string, Json>>;
  /** sha256 over the meaning for one platform: adding a platform does not change it for the others. */
  readonly platformFingerprints: Readonly<Record<string, string>>;
}

/** What a lock says, without its comments, index hosts and byte layout. */
export interface LockMeaning {
  readonly kind: "pylock" | "uv-lock" | "poetry-lock";
  /** Relative to the root. */
  readonly file: string;
  readonly requiresPython: string | undefined;
  /** Sorted by name, version, marker. */
  readonly distributions: readonly LockedDistribution[];
  /** Every distribution that will be installed has at least one hash. */
  readonly hashed: boolean;
  /** For a lock of our own. */
  readonly own: OwnLock | undefined;
  /** sha256 over the meaning. */
  readonly fingerprint: string;
}
