import type { LockInputChange } from "../lock/compare-lock-inputs.ts";
import type { DistributionChange } from "../lock/compare-locks.ts";
import type { BuildOptions } from "./build-options.ts";

/** How specs are locked. */
export interface LockOptions
  extends Pick<
    BuildOptions,
    "name" | "registry" | "platform" | "builder" | "builderOptions" | "root" | "lockName" | "signal" | "timeoutMs"
  > {
  /** `true` takes the newest of everything, base included; names take the newest of these distributions. @default the pins of an earlier lock stay */
  readonly upgrade?: boolean | readonly string[] | undefined;
  /** Takes what the base reference points to now, or the newest Debian packages. @default only with `upgrade: true` */
  readonly upgradeBase?: boolean | undefined;
  /** Writes the files. @default true */
  readonly write?: boolean | undefined;
  /** Is told what is being done. */
  readonly onLog?: ((text: string) => void) | undefined;
}

/** A lock that was made or found current. */
export interface LockResult {
  /** Of the spec. */
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  /** `current`: the file stays as it is. */
  readonly status: "created" | "updated" | "current";
  /** What made an earlier lock stale. */
  readonly stale: readonly LockInputChange[];
  /** What it pins otherwise than an earlier lock. */
  readonly changes: readonly DistributionChange[];
  /** What changed in the base: its digest, under the name of the reference, or its packages. */
  readonly baseChanges: readonly DistributionChange[];
  readonly platforms: readonly string[];
  /** `3.12.4` */
  readonly python: string | undefined;
  /** Of the distributions that it pins, sorted. */
  readonly names: readonly string[];
  /** Field paths of what may still change by itself: a lock does not cover it. */
  readonly floating: readonly string[];
  /** Of the file. */
  readonly text: string;
}

/** Whether the lock of a spec fits it; nothing is written, and the network is not used. */
export interface LockStatus {
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  readonly status: "current" | "stale" | "missing";
  readonly stale: readonly LockInputChange[];
}
