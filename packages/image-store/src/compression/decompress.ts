import { Readable, type Transform } from "node:stream";
import * as zlib from "node:zlib";
import { createGunzip } from "node:zlib";
import { ImageSpecError, isImageSpecError } from "@imagespec/errors";

const outputChunk = 256 * 1024;
const magicSize = 4;

type Format = "gzip" | "zstd" | "plain";

function formatOf(magic: Uint8Array): Format {
  const [a, b, c, d] = magic;
  if (a === 0x1f && b === 0x8b) return "gzip";
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return "zstd";
  // A skippable frame: eStargz and zstd:chunked writers may start with one.
  if (a !== undefined && a >= 0x50 && a <= 0x5f && b === 0x2a && c === 0x4d && d === 0x18) return "zstd";
  return "plain";
}

function damaged(format: Format, reason: string, cause?: unknown): ImageSpecError {
  return new ImageSpecError("STORE_CORRUPT", `the ${format} stream is damaged: ${reason}`, {
    hint: "Get or make the content anew",
    ...(cause === undefined ? {} : { cause }),
    details: { format },
  });
}

/** The decompressor of a Node.js that has one for zstd. */
type ZstdFactory = (options: { readonly chunkSize: number }) => Transform & { readonly bytesWritten: number };

function createZstd(): ReturnType<ZstdFactory> {
  // The types are those of the oldest supported Node.js, which lacks the function; its shape is that of createGunzip.
  const { createZstdDecompress } = zlib as { readonly createZstdDecompress?: ZstdFactory };
  if (createZstdDecompress === undefined)
    throw new ImageSpecError("BASE_UNSUPPORTED", `zstd layers cannot be read by Node.js ${process.versions.node}`, {
      hint: "Use Node.js 22.15 or later, or an image with gzip layers",
      details: { compression: "zstd" },
    });
  return createZstdDecompress({ chunkSize: outputChunk });
}

interface Peeked {
  readonly magic: Uint8Array;
  /** The whole stream, the start included. */
  readonly all: AsyncIterable<Uint8Array>;
  /** Tells the stream that no more will be read. */
  close(): Promise<void>;
}

async function peek(stream: AsyncIterable<Uint8Array>): Promise<Peeked> {
  const chunks = stream[Symbol.asyncIterator]();
  let start: Uint8Array = new Uint8Array(0);
  let isAtEnd = false;
  while (start.length < magicSize && !isAtEnd) {
    const next = await chunks.next();
    if (next.done === true) isAtEnd = true;
    else start = start.length === 0 ? next.value : Buffer.concat([start, next.value]);
  }
  const all = async function* (): AsyncGenerator<Uint8Array> {
    if (start.length > 0) yield start;
    while (!isAtEnd) {
      const next = await chunks.next();
      if (next.done === true) isAtEnd = true;
      else yield next.value;
    }
  };
  const close = async (): Promise<void> => {
    if (!isAtEnd) await chunks.return?.();
  };
  return { magic: start.subarray(0, magicSize), all: all(), close };
}

function isZlibError(error: unknown): error is Error {
  if (!(error instanceof Error) || isImageSpecError(error) || !("code" in error)) return false;
  return typeof error.code === "string" && /^(Z_|ZSTD_|ERR_BUFFER|ERR_ZSTD|ZSTD)/.test(error.code);
}

async function* inflate(
  input: AsyncIterable<Uint8Array>,
  format: Format,
  engine: Transform & { readonly bytesWritten: number },
): AsyncGenerator<Uint8Array> {
  let fed = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of input) {
      fed += chunk.length;
      yield chunk;
    }
  };
  const source = Readable.from(counted(), { objectMode: false, highWaterMark: outputChunk });
  source.once("error", (error) => engine.destroy(error));
  try {
    yield* source.pipe(engine);
    // The decompressor stops without a word at zero bytes behind the last member.
    if (engine.bytesWritten !== fed) throw damaged(format, `${fed - engine.bytesWritten} bytes follow its end`);
  } catch (error) {
    if (isZlibError(error)) throw damaged(format, error.message, error);
    throw error;
  } finally {
    source.destroy();
    engine.destroy();
  }
}

/**
 * Decompresses by what the first bytes say, not by a media type: gzip (also of several members) and zstd; all else passes as is.
 *
 * @throws STORE_CORRUPT for damaged or truncated data and for bytes that follow its end, BASE_UNSUPPORTED for zstd on a Node.js
 *   without it (before 22.15)
 */
export async function* decompress(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { magic, all, close } = await peek(stream);
  try {
    const format = formatOf(magic);
    if (format === "gzip") yield* inflate(all, format, createGunzip({ chunkSize: outputChunk }));
    else if (format === "zstd") yield* inflate(all, format, createZstd());
    else yield* all;
  } finally {
    await close();
  }
}
