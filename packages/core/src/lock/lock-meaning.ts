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
  /** The `[tool.imagespec]` table, for a lock of our own. */
  readonly own:
    | {
        /** `lockInputs` of the spec that it was made for. */
        readonly inputs: string;
        readonly baseDigest: string | undefined;
        readonly python: string | undefined;
        /** By field, for telling what changed. */
        readonly inputHashes: Readonly<Record<string, string>>;
      }
    | undefined;
  /** sha256 over the meaning. */
  readonly fingerprint: string;
}
