import fc from "fast-check";
import { expect, test } from "vitest";
import { tarOf } from "../testing/memory-images.ts";
import { TarFraming } from "./tar-framing.ts";

function problemsOf(tar: Uint8Array, chunkSize = tar.length): readonly string[] {
  const framing = new TarFraming();
  for (let at = 0; at < tar.length; at += chunkSize) framing.update(tar.subarray(at, at + chunkSize));
  framing.end();
  return framing.problems;
}

const sound = tarOf([
  { path: "a", content: "x".repeat(700) },
  { path: `${"d/".repeat(200)}é`, content: "y" },
  { path: "l", type: "symlink", linkPath: "a" },
]);

test("sound archives in chunks of any size have no problems", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2000), { maxLength: 5 }), fc.integer({ min: 1, max: 3000 }), (sizes, chunkSize) => {
      const tar = tarOf(sizes.map((size, index) => ({ path: `f${index}`, content: "z".repeat(size) })));
      expect(problemsOf(tar, chunkSize)).toEqual([]);
    }),
    { numRuns: 50 },
  );
  expect(problemsOf(sound, 100)).toEqual([]);
});

test("a changed byte of a header is found", () => {
  fc.assert(
    fc.property(fc.nat(511), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const tar = sound.slice();
      tar[at] = ((tar[at] ?? 0) + by) % 256;
      // The two characters after the checksum's digits end it and are not counted.
      if (at >= 154 && at < 156) return;
      expect(problemsOf(tar)).not.toEqual([]);
    }),
  );
});

test.each([
  ["the end is missing", sound.subarray(0, sound.length - 1024)],
  ["one zero block is missing", sound.subarray(0, sound.length - 512)],
  ["an entry is cut off", sound.subarray(0, 600)],
  ["half a block is left", sound.subarray(0, sound.length - 100)],
  ["an archive follows", Buffer.concat([sound, sound])],
])("%s", (_, tar) => {
  expect(problemsOf(tar)).toHaveLength(1);
});
