import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { storeAsXz } from "../../test/support/debian-fixtures.ts";
import { decompressXz, type XzDecoder } from "./xz.ts";
import { XzWorkerPool } from "./xz-worker-pool.ts";

// `printf 'hello hello hello hello\n' | xz -9`
const compressed = Buffer.from(
  "/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4AAXAAxdADQZSe6N6VYKwSGwAABsFO0bO2i7kQABKBjXg7duH7bzfQEAAAAABFla",
  "base64",
);

async function collect(decode: XzDecoder, bytes: Uint8Array, maxSize = 1e6): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of decode(bytes, { name: "test.xz", maxSize })) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe("decompressXz", () => {
  it("reads back any content", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200_000 }), async (content) => {
        expect((await collect(decompressXz, storeAsXz(content))).equals(content)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it("reads what xz wrote", async () => {
    expect((await collect(decompressXz, compressed)).toString()).toBe("hello hello hello hello\n");
  });

  it("refuses truncation at every length", async () => {
    const whole = storeAsXz(Buffer.from("some content"));
    for (let length = 0; length < whole.length - 12; length++) {
      await expect(collect(decompressXz, whole.subarray(0, length)), `${length}`).rejects.toMatchObject({
        code: "DEBIAN_INDEX",
      });
    }
  });

  it("refuses what is no xz file, and decodes the next one all the same", async () => {
    await expect(collect(decompressXz, Buffer.from("not an xz file at all"))).rejects.toThrow(/"test.xz" cannot be/);
    await expect(collect(decompressXz, storeAsXz(Buffer.from("ok")))).resolves.toEqual(Buffer.from("ok"));
  });

  it("stops at the size limit", async () => {
    await expect(collect(decompressXz, storeAsXz(Buffer.alloc(300_000)), 1000)).rejects.toThrow(/more than 1000 bytes/);
    await expect(collect(decompressXz, storeAsXz(Buffer.from("ok")))).resolves.toEqual(Buffer.from("ok"));
  });

  it("lets the next file in when a reader leaves early", async () => {
    for await (const _ of decompressXz(storeAsXz(Buffer.alloc(500_000)), { name: "x", maxSize: 1e6 })) break;
    await expect(collect(decompressXz, storeAsXz(Buffer.from("ok")))).resolves.toEqual(Buffer.from("ok"));
  });
});

it("leaves early without an error where the decoder is ahead, at the end or at damage", async () => {
  const damaged = storeAsXz(Buffer.alloc(200_000));
  damaged.fill(0xff, damaged.length - 12);
  for (const file of [storeAsXz(Buffer.from("short")), damaged]) {
    for await (const _ of decompressXz(file, { name: "x", maxSize: 1e6 })) {
      // Time for the decoder to go on to the next piece.
      await new Promise((resolve) => setTimeout(resolve, 5));
      break;
    }
  }
  await expect(collect(decompressXz, storeAsXz(Buffer.from("ok")))).resolves.toEqual(Buffer.from("ok"));
});

describe("XzWorkerPool", () => {
  it("decodes several files at once, each for its reader", async () => {
    await using pool = XzWorkerPool.start(3);
    if (pool === undefined) return;
    const contents = Array.from({ length: 8 }, (_, index) => Buffer.alloc(150_000 + index, index));
    const streams = contents.map((content) => pool.decompress(storeAsXz(content), { name: "x", maxSize: 1e6 }));
    for (const [index, stream] of streams.entries()) {
      const pieces: Uint8Array[] = [];
      for await (const piece of stream) pieces.push(piece);
      expect(Buffer.concat(pieces).equals(contents[index]!)).toBe(true);
    }
  });

  it("throws to the reader of the damaged file alone", async () => {
    await using pool = XzWorkerPool.start(2);
    if (pool === undefined) return;
    const decode: XzDecoder = (bytes, options) => pool.decompress(bytes, options);
    const whole = storeAsXz(Buffer.from("content"));
    await expect(collect(decode, whole.subarray(0, 30))).rejects.toMatchObject({ code: "DEBIAN_INDEX" });
    await expect(collect(decode, Buffer.from("nonsense nonsense"))).rejects.toMatchObject({ code: "DEBIAN_INDEX" });
    await expect(collect(decode, storeAsXz(Buffer.alloc(300_000)), 1000)).rejects.toThrow(/more than 1000 bytes/);
    await expect(collect(decode, whole)).resolves.toEqual(Buffer.from("content"));
  });
});
