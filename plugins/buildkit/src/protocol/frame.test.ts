import fc from "fast-check";
import { expect, test } from "vitest";
import { frameHeader, readFrames } from "./frame.ts";

async function* cut(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const size of sizes) {
    if (start >= bytes.length) return;
    yield bytes.subarray(start, start + size);
    start += size;
  }
  if (start < bytes.length) yield bytes.subarray(start);
}

const gather = async (frames: AsyncIterable<Uint8Array>): Promise<Buffer[]> => {
  const messages: Buffer[] = [];
  for await (const message of frames) messages.push(Buffer.from(message));
  return messages;
};

test("messages come out as they went in, however the stream is cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 300 })),
      fc.array(fc.nat({ max: 200 })),
      async (messages, sizes) => {
        const stream = Buffer.concat(messages.flatMap((message) => [frameHeader(message.length), message]));
        expect(await gather(readFrames(cut(stream, sizes)))).toEqual(messages.map((message) => Buffer.from(message)));
      },
    ),
  );
});

test.each([
  ["an unfinished message", Buffer.concat([frameHeader(4), Buffer.from("abc")]), /ends after 3 of 4 bytes/],
  ["an unfinished header", Buffer.from([0, 0]), /ends after 2 of 5 bytes/],
  ["a compressed message", Buffer.from([1, 0, 0, 0, 0]), /compressed/],
  ["an oversized message", Buffer.from([0, 255, 255, 255, 255]), /4294967295 bytes/],
])("%s is an error", async (_, bytes, message) => {
  await expect(gather(readFrames(cut(bytes, [])))).rejects.toThrow(message);
});
