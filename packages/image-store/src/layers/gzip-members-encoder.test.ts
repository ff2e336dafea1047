import { deflateRawSync, gunzipSync, crc32 as zlibCrc32 } from "node:zlib";
import { digestOf } from "@imagespec/oci";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { collect } from "../testing/streams.ts";
import { gzipMembersEncoder } from "./gzip-members-encoder.ts";
import type { LayerContent } from "./layer-entry.ts";
import type { TarPiece } from "./tar-pieces.ts";

function content(bytes: Uint8Array, chunkSize = bytes.length || 1): LayerContent {
  return {
    size: bytes.length,
    async *open() {
      for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize);
    },
  };
}

function deflatedContent(bytes: Uint8Array, change: (raw: Buffer) => Buffer = (raw) => raw): LayerContent {
  const raw = change(deflateRawSync(bytes));
  const deflated = { size: raw.length, crc32: zlibCrc32(bytes), open: () => content(raw).open() };
  return { ...content(bytes), deflated };
}

async function encode(pieces: readonly TarPiece[]) {
  const encoded = gzipMembersEncoder.encode(pieces);
  const blob = await collect(encoded.chunks);
  return { blob, plain: gunzipSync(blob), diffId: encoded.diffId(), plainSize: encoded.plainSize() };
}

/** Compresses somewhat, so that deflate streams have several symbols; 20 MiB is beyond what is read whole. */
function sample(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0, seed = 7; at < size; at++) {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    bytes[at] = (seed >> 16) & 0x1f;
  }
  return bytes;
}

test("any pieces come out as the plain tar, with its digest and size", async () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 2000 }).map((bytes) => ({ bytes, piece: bytes as TarPiece })),
    fc.uint8Array({ minLength: 1, maxLength: 40_000 }).map((bytes) => ({ bytes, piece: content(bytes, 999) })),
    fc
      .uint8Array({ minLength: 1, maxLength: 40_000, size: "large" })
      .map((bytes) => ({ bytes, piece: deflatedContent(bytes) })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 12 }), async (pieces) => {
      const wanted = Buffer.concat(pieces.map(({ bytes }) => bytes));
      fc.pre(wanted.length > 0);
      const got = await encode(pieces.map(({ piece: one }) => one));
      expect(got.plain.equals(wanted)).toBe(true);
      expect(got.diffId).toBe(digestOf(wanted));
      expect(got.plainSize).toBe(wanted.length);
    }),
    { numRuns: 60 },
  );
});

test.each([20_000, 3_000_000, 20 * 1024 * 1024])("a deflate stream of %d bytes is copied as it is", async (size) => {
  const bytes = sample(size);
  const raw = deflateRawSync(bytes);
  const { blob, plain, diffId } = await encode([Buffer.from("head"), deflatedContent(bytes), Buffer.from("tail")]);
  expect(blob.includes(raw)).toBe(true);
  expect(plain.equals(Buffer.concat([Buffer.from("head"), bytes, Buffer.from("tail")]))).toBe(true);
  expect(diffId).toBe(digestOf(plain));
});

test("the size of the pieces that content arrives in does not change the blob", async () => {
  const bytes = sample(12 * 1024 * 1024);
  const blobs = await Promise.all([997, 65_536, bytes.length].map((size) => encode([content(bytes, size)])));
  expect(new Set(blobs.map(({ blob }) => digestOf(blob))).size).toBe(1);
});

describe.each([1000, 100_000, 10 * 1024 * 1024])("content of %d bytes that is not as announced", (size) => {
  const bytes = sample(size);
  test.each<[string, LayerContent]>([
    ["bytes behind the deflate stream", deflatedContent(bytes, (raw) => Buffer.concat([raw, Buffer.from("more")]))],
    ["a stream that ends early", deflatedContent(bytes, (raw) => raw.subarray(0, raw.length - 3))],
    ["another CRC", { ...deflatedContent(bytes), deflated: { ...deflatedContent(bytes).deflated!, crc32: 1 } }],
    ["a longer stream", { ...deflatedContent(bytes), size: size - 1 }],
    ["shorter content", { ...content(bytes), size: size + 1 }],
    ["longer content", { ...content(bytes), size: size - 1 }],
  ])("%s", async (_, damaged) => {
    await expect(encode([damaged])).rejects.toMatchObject({ code: "INTERNAL" });
  });

  test("the check of the content sees every byte and can refuse", async () => {
    for (const one of [content(bytes), deflatedContent(bytes)]) {
      let seen = 0;
      const check = () => ({
        update: (chunk: Uint8Array) => {
          seen += chunk.length;
        },
        finish: () => {
          throw new Error("refused");
        },
      });
      await expect(encode([{ ...one, check }])).rejects.toThrow("refused");
      expect(seen).toBe(size);
    }
  });
});
