import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseByteRange, parseContentRange } from "./byte-range.ts";

describe("parseByteRange", () => {
  test.each([
    ["bytes=0-0", 10, { start: 0, end: 1 }],
    ["bytes=2-5", 10, { start: 2, end: 6 }],
    ["bytes=2-", 10, { start: 2, end: 10 }],
    ["bytes=2-99", 10, { start: 2, end: 10 }],
    ["bytes=-3", 10, { start: 7, end: 10 }],
    ["bytes=-30", 10, { start: 0, end: 10 }],
    ["bytes=10-", 10, "unsatisfiable"],
    ["bytes=5-2", 10, "unsatisfiable"],
    ["bytes=-0", 10, "unsatisfiable"],
    ["bytes=0-", 0, "unsatisfiable"],
    ["bytes=0-1,3-4", 10, undefined],
    ["bytes=-", 10, undefined],
    ["items=0-1", 10, undefined],
    [undefined, 10, undefined],
  ] as const)("%s of %i bytes", (header, size, expected) => {
    expect(parseByteRange(header, size)).toEqual(expected);
  });

  test("never leaves the body", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (first, last, size) => {
        const range = parseByteRange(`bytes=${first}-${last}`, size);
        if (typeof range !== "object") return;
        expect(range.start).toBe(first);
        expect(range.end).toBeGreaterThan(range.start);
        expect(range.end).toBeLessThanOrEqual(Math.min(size, last + 1));
      }),
    );
  });
});

describe("parseContentRange", () => {
  test.each(["0-1023", "bytes 0-1023/*", "bytes=0-1023/4096"])("%s", (header) => {
    expect(parseContentRange(header)).toEqual({ start: 0, end: 1024 });
  });

  test.each(["", "0", "0-", "-5", "5-4", "a-b", "0-1-2", "0-99999999999999999999"])("not %s", (header) => {
    expect(parseContentRange(header)).toBeUndefined();
  });
});
