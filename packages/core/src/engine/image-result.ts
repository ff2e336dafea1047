import type { Digest } from "@imagespec/oci";

/** What a requested build came to. */
export interface ImageResult {
  /** With the tag: `registry.acme.dev/acme/train:u1-…`; `name:tag` in the local store; a path for folders and archives. */
  readonly reference: string;
  readonly name: string;
  readonly tag: string;
  /** Of the manifest, or of the index when there are several platforms; `undefined` only with the action `assumed`. */
  readonly digest: Digest | undefined;
  readonly platforms: readonly string[];
  readonly fingerprint: string;
  /**
   * `exists`: the output already had it, verified. `joined`: missing platforms were added. `assumed`: it could not be told whether
   * it exists, and the caller chose to take it as there.
   */
  readonly action: "built" | "exists" | "joined" | "assumed";
  /** Empty when nothing had to be built. */
  readonly builder: string;
  /** Milliseconds by step name; `total` is always there. */
  readonly timings: Readonly<Record<string, number>>;
  readonly bytes: { readonly downloaded: number; readonly uploaded: number };
  readonly layers: {
    readonly built: number;
    readonly reused: number;
    readonly total: number;
    /** Compressed, with the base. */ readonly size: number;
  };
  readonly warnings: readonly string[];
}
