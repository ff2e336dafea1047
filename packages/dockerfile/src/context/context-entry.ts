import type { Digest } from "@imagespec/oci";

/** A file, folder or symbolic link of a build context. */
export type ContextEntry = {
  /** Relative, with forward slashes. */
  readonly path: string;
  /** Permission bits: 0o644 or 0o755. */
  readonly mode: number;
} & (
  | { readonly kind: "directory" }
  | {
      readonly kind: "symlink";
      /** As it stands in the link. */
      readonly linkTarget: string;
    }
  | {
      readonly kind: "file";
      /** Bytes. */
      readonly size: number;
      readonly digest: Digest;
      /** The content, anew with every call. */
      open(): AsyncIterable<Uint8Array>;
    }
);

export type ContextFile = Extract<ContextEntry, { readonly kind: "file" }>;
