import type { Descriptor, Digest } from "@imagespec/oci";

/** The documents about images that builds keep beside them. */
export interface ImageRecords {
  /** The newest document about a manifest; nothing when there is none. */
  read(subject: Digest, options: { readonly signal: AbortSignal }): Promise<Uint8Array | undefined>;
  /** Keeps a document beside a manifest. */
  write(subject: Descriptor, record: Uint8Array, options: { readonly signal: AbortSignal }): Promise<void>;
}
