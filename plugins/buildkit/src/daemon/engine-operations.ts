import type { Digest } from "@imagespec/oci";

/** What an Engine does beside building. */
export interface EngineOperations {
  /** Pushes what the Engine has under `reference` (`registry/repository:tag`); resolves to the manifest digest in the registry. */
  push(
    reference: string,
    options: {
      readonly credentials: { readonly username: string; readonly secret: string } | undefined;
      readonly onProgress?: (item: {
        readonly id: string;
        readonly status: string;
        readonly current: number;
        readonly total: number | undefined;
      }) => void;
      readonly signal: AbortSignal;
    },
  ): Promise<Digest>;
  tag(reference: string, target: { readonly repository: string; readonly tag: string }): Promise<void>;
  /** The docker archive of the image, a tar stream. */
  save(reference: string, options: { readonly signal: AbortSignal }): AsyncIterable<Uint8Array>;
  /** Removes the tag, and the image with its last one; fine when it is not there. */
  remove(reference: string): Promise<void>;
  inspect(reference: string): Promise<{ readonly id: string } | undefined>;
}
