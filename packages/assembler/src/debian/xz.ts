import { ImageSpecError, isImageSpecError, messageOf } from "@imagespec/errors";

/** Pieces of compressed bytes handed to the decoder at a time: its own buffer size. */
const pieceSize = 64 * 1024;

/** Pulls without output after the last input that mean truncation; the decoder itself would go on for ever. */
const maxIdlePulls = 4;

export interface XzOptions {
  /** For messages. */
  readonly name: string;
  /** Bytes of output at most. */
  readonly maxSize: number;
}

/** Decompresses a whole .xz file as a stream. */
export type XzDecoder = (compressed: Uint8Array, options: XzOptions) => AsyncIterable<Uint8Array>;

/**
 * Decompresses an .xz file as a stream, in this thread.
 *
 * @throws DEBIAN_INDEX for damaged or truncated input, and as soon as the output exceeds `maxSize` bytes.
 */
export async function* decompressXz(
  compressed: Uint8Array,
  options: XzOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { XzReadableStream } = (await import("xz-decompress")).default;
  let position = 0;
  const input = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (position >= compressed.length) return controller.close();
        controller.enqueue(compressed.subarray(position, position + pieceSize));
        position += pieceSize;
      },
    },
    { highWaterMark: 0 },
  );
  const reader = new XzReadableStream(input).getReader();
  let size = 0;
  let idle = 0;
  let finished = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (value.length === 0) {
        idle = position >= compressed.length ? idle + 1 : 0;
        if (idle > maxIdlePulls) throw damagedXz(options.name, "it ends too early");
        continue;
      }
      idle = 0;
      size += value.length;
      if (size > options.maxSize) throw damagedXz(options.name, `it unpacks to more than ${options.maxSize} bytes`);
      yield value;
    }
    finished = true;
  } catch (cause) {
    if (isImageSpecError(cause)) throw cause;
    // An error of the decoder has already released it.
    finished = true;
    throw damagedXz(options.name, messageOf(cause), cause);
  } finally {
    // The decoder works on one file at a time; one that is left open would block all others.
    // It reads ahead: what it may find wrong, or have ended, behind what was asked for does not matter any more.
    if (!finished) await reader.cancel().catch(() => undefined);
  }
}

/** Error for a file that the decoder refuses. */
export function damagedXz(name: string, why: string, cause?: unknown): ImageSpecError {
  return new ImageSpecError("DEBIAN_INDEX", `"${name}" cannot be decompressed: ${why}`, {
    hint: "remove the file from the cache and try again",
    ...(cause === undefined ? {} : { cause }),
  });
}
