import * as zlib from "node:zlib";
import { createGunzip } from "node:zlib";
import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import { PushbackSource } from "./pushback-source.ts";
import { type Engine, runEngine } from "./run-engine.ts";

const outputChunk = 256 * 1024;
const magicSize = 4;

type Format = "gzip" | "zstd" | "plain";

function formatOf(magic: Uint8Array): Format {
  const [a, b, c, d] = magic;
  if (a === 0x1f && b === 0x8b) return "gzip";
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return "zstd";
  // A skippable frame, which may come before the first one with content.
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

function createZstd(): Engine {
  // The types are those of the oldest supported Node.js, which lacks the function; its shape is that of createGunzip.
  const { createZstdDecompress } = zlib as {
    readonly createZstdDecompress?: (options: { readonly chunkSize: number }) => Engine;
  };
  if (createZstdDecompress === undefined)
    throw new ImageSpecError("BASE_UNSUPPORTED", `zstd layers cannot be read by Node.js ${process.versions.node}`, {
      hint: "Use Node.js 22.15 or later, or an image with gzip layers",
      details: { compression: "zstd" },
    });
  return createZstdDecompress({ chunkSize: outputChunk });
}

function isZlibError(error: unknown): error is Error {
  if (!(error instanceof Error) || isImageSpecError(error) || !("code" in error)) return false;
  return typeof error.code === "string" && /^(?:Z_|ZSTD_|ERR_ZSTD)/.test(error.code);
}

async function* inflate(format: Format, engine: Engine, source: PushbackSource): AsyncGenerator<Uint8Array> {
  try {
    yield* runEngine(engine, source);
  } catch (error) {
    if (isZlibError(error)) throw damaged(format, error.message, error);
    throw error;
  }
}

async function* gunzip(source: PushbackSource): AsyncGenerator<Uint8Array> {
  // It reads all members, and stops without a word at zero bytes behind the last one.
  yield* inflate("gzip", createGunzip({ chunkSize: outputChunk }), source);
  if ((await source.next()) !== undefined) throw damaged("gzip", "other bytes follow its end");
}

async function* unzstd(source: PushbackSource): AsyncGenerator<Uint8Array> {
  // Node.js ends after a frame when the next one begins within the same chunk.
  do yield* inflate("zstd", createZstd(), source);
  while ((await source.peek(1)).length > 0);
}

async function* plain(source: PushbackSource): AsyncGenerator<Uint8Array> {
  for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) yield chunk;
}

/**
 * Decompresses by what the first bytes say, not by a media type: gzip and zstd, also of several members or frames; all else
 * passes as is. Node.js 22 does not tell that a zstd stream is cut short: check the digest of what is read.
 *
 * @throws STORE_CORRUPT for damaged or truncated data and for bytes that follow its end, BASE_UNSUPPORTED for zstd on a Node.js
 *   without it (before 22.15)
 */
export async function* decompress(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = new PushbackSource(stream);
  try {
    const format = formatOf(await source.peek(magicSize));
    if (format === "gzip") yield* gunzip(source);
    else if (format === "zstd") yield* unzstd(source);
    else yield* plain(source);
  } finally {
    await source.close();
  }
}
