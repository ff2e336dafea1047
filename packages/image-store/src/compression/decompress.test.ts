import * as zlib from "node:zlib";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decompress } from "../index.ts";
import { collect, failureOf, inPieces, streamOf } from "../testing/streams.ts";

const text = Buffer.from("some content, ".repeat(50_000));
const zstdFrame = Buffer.from("28b52ffd0458150000686579a9c4f1dd", "hex");

describe("decompress", () => {
  it("gives back any content of one or several gzip members, in chunks of any size", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 3000 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 500 }),
        async (members, pieces) => {
          const packed = Buffer.concat(members.map((member) => gzipSync(member)));
          expect(await collect(decompress(inPieces(packed, pieces)))).toEqual(Buffer.concat(members));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("passes what is not compressed, whatever its length", async () => {
    for (const plain of ["", "a", "abc", "hello", "\u001f"])
      expect((await collect(decompress(streamOf(plain)))).toString()).toBe(plain);
    expect((await collect(decompress(inPieces(text, 1000)))).equals(text)).toBe(true);
  });

  it.each<[string, Buffer]>([
    ["truncated data", gzipSync(text).subarray(0, -9)],
    ["a truncated second member", Buffer.concat([gzipSync("a"), gzipSync("b").subarray(0, -1)])],
    ["a wrong checksum", Buffer.concat([gzipSync(text).subarray(0, -8), Buffer.alloc(8)])],
    ["garbage behind the end", Buffer.concat([gzipSync("a"), Buffer.from("garbage")])],
    ["zeros behind the end", Buffer.concat([gzipSync("a"), Buffer.alloc(20)])],
    ["one zero behind the end", Buffer.concat([gzipSync("a"), Buffer.alloc(1)])],
  ])("refuses %s", async (_, bytes) => {
    for (const pieces of [1, 7, 1 << 20])
      expect(await failureOf(decompress(inPieces(bytes, pieces)))).toMatchObject({
        code: "STORE_CORRUPT",
        message: expect.stringContaining("gzip"),
      });
  });

  it("reads zstd, or says which Node.js can", async () => {
    if ("zstdCompressSync" in zlib) {
      const compress = zlib.zstdCompressSync as (bytes: Uint8Array) => Buffer;
      const skippable = Buffer.from("502a4d180400000061626364", "hex");
      const frames = Buffer.concat([skippable, compress(text), skippable, compress(Buffer.from("end")), skippable]);
      for (const pieces of [1000, 1 << 20]) {
        const content = await collect(decompress(inPieces(frames, pieces)));
        expect(content.equals(Buffer.concat([text, Buffer.from("end")]))).toBe(true);
        // Node.js 22 does not tell that a stream is cut short: the digest of the content does.
        const cut = Number(process.versions.node.split(".")[0]) < 24 ? [] : [frames.subarray(0, -3)];
        for (const bad of [...cut, Buffer.concat([frames, Buffer.alloc(1)])])
          expect(await failureOf(decompress(inPieces(bad, pieces)))).toMatchObject({ code: "STORE_CORRUPT" });
      }
    } else
      expect(await failureOf(decompress(streamOf(zstdFrame)))).toMatchObject({
        code: "BASE_UNSUPPORTED",
        hint: expect.stringContaining("22.15"),
      });
  });

  it("passes errors of the stream, and closes it when left early", async () => {
    let isClosed = false;
    async function* source(error?: Error) {
      try {
        yield gzipSync(text);
        if (error !== undefined) throw error;
        yield* inPieces(Buffer.alloc(1 << 20), 1000);
      } finally {
        isClosed = true;
      }
    }
    const broken = new Error("connection lost");
    expect(await failureOf(decompress(source(broken)))).toBe(broken);
    isClosed = false;
    for await (const _ of decompress(source())) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(isClosed).toBe(true);
  });
});
