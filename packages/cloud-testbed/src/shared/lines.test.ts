import fc from "fast-check";
import { test } from "vitest";
import { splitLines } from "./lines.ts";

test("gives the same lines however the bytes are cut", () => {
  const text = fc.array(fc.string({ unit: "binary" })).map((lines) => lines.join("\n"));
  fc.assert(
    fc.property(text, fc.array(fc.nat()), (whole, cuts) => {
      const bytes = Buffer.from(whole);
      const lines: string[] = [];
      const splitter = splitLines((line) => lines.push(line));
      const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      for (const [at, place] of places.entries()) splitter.write(bytes.subarray(places[at - 1] ?? 0, place));
      splitter.end();
      const expected = bytes.toString().split("\n");
      if (expected.at(-1) === "") expected.pop();
      return JSON.stringify(lines) === JSON.stringify(expected);
    }),
    { numRuns: 50 },
  );
});
