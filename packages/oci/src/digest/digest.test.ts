import { ImageSpecError } from "@imagespec/errors";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestAlgorithm, digestHex, digestOf, isDigest, parseDigest } from "./digest.ts";

const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

describe("digestOf", () => {
  test("has the known values", () => {
    expect(digestOf("")).toBe(`sha256:${empty}`);
    expect(digestOf("{}")).toBe("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    expect(digestOf(new Uint8Array(), "sha512")).toBe(
      "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
    );
  });

  test("takes a text as UTF-8", () => {
    expect(digestOf("é")).toBe(digestOf(new Uint8Array([0xc3, 0xa9])));
  });
});

describe("parseDigest", () => {
  test("gives back what digestOf made", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom("sha256" as const, "sha512" as const), (bytes, algorithm) => {
        const digest = digestOf(bytes, algorithm);
        expect(parseDigest(digest)).toBe(digest);
        expect(`${digestAlgorithm(digest)}:${digestHex(digest)}`).toBe(digest);
      }),
    );
  });

  test.each([
    ["", "sha256:"],
    [empty, `write "sha256:${empty}"`],
    [`sha256:${empty.toUpperCase()}`, `write "sha256:${empty}"`],
    [`sha256:${empty.slice(1)}`, "copy the whole digest"],
    [`sha256:${empty}0`, "copy the whole digest"],
    [`sha512:${empty}`, "copy the whole digest"],
    [`md5:${empty.slice(32)}`, "sha256 or sha512"],
    [`sha256:${empty.slice(1)}g`, "hexadecimal"],
    [` sha256:${empty}`, "white space"],
    [`sha256:${empty}\n`, "white space"],
    ["latest", "sha256:"],
  ])("refuses %j", (text, hint) => {
    expect(isDigest(text)).toBe(false);
    expect(() => parseDigest(text)).toThrow(
      expect.objectContaining({ code: "DIGEST_INVALID", hint: expect.stringContaining(hint) }),
    );
  });

  test("throws nothing else for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        try {
          expect(isDigest(parseDigest(text))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ImageSpecError);
        }
      }),
    );
  });
});

test.each([undefined, null, 1, {}, ["sha256:"], Buffer.from(`sha256:${empty}`)])(
  "isDigest is false for %j",
  (value) => {
    expect(isDigest(value)).toBe(false);
  },
);
