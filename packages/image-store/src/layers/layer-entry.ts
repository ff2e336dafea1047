import type { ImageSpecError } from "@imagespec/errors";
import { type Digest, digestOf } from "@imagespec/oci";

/** Looks at content while it passes by. */
export interface ContentCheck {
  update(chunk: Uint8Array): void;
  /** Throws when the content was not what it should be. */
  finish(): void;
}

/** Content that already is a raw deflate stream somewhere, such as in a wheel. */
export interface DeflatedContent {
  /** Bytes of the stream. */
  readonly size: number;
  readonly crc32: number;
  /** The stream, still deflated; each call starts it anew. */
  open(): AsyncIterable<Uint8Array>;
}

/** The content of a file. */
export interface LayerContent {
  /** Bytes. */
  readonly size: number;
  /** Where it is known beforehand. */
  readonly digest?: Digest | undefined;
  /** Each call starts it anew. */
  open(): AsyncIterable<Uint8Array>;
  readonly deflated?: DeflatedContent;
  /** Started once for each time that the content is read. */
  readonly check?: () => ContentCheck;
  /** The error for content that is not as announced. @default INTERNAL */
  readonly damaged?: (reason: string, cause?: unknown) => ImageSpecError;
}

interface EntryAttributes {
  /** Relative to the root of the image, without slashes at its ends. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** One file, folder or link of a layer. Times are always the epoch. */
export type LayerEntry = EntryAttributes &
  (
    | { readonly type: "file"; readonly content: LayerContent }
    | { readonly type: "directory" }
    | { readonly type: "symlink"; readonly target: string }
  );

/** Content that is in memory. */
export function bytesContent(bytes: Uint8Array | string): LayerContent {
  const content = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  return {
    size: content.length,
    digest: digestOf(content),
    async *open() {
      yield content;
    },
  };
}
