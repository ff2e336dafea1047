import { expect, test } from "vitest";
import { chainId } from "./chain-id.ts";
import { digestOf } from "./digest.ts";

const [a, b, c] = [digestOf("a"), digestOf("b"), digestOf("c")];

test("follows the definition of the image specification", () => {
  expect(chainId([a])).toBe(a);
  // Values of `printf '%s %s' … | sha256sum`.
  expect(chainId([a, b])).toBe("sha256:51c0c8ace48498d6f5fee6b0592cc06f2da0f3cbe09c5a34a97dce85c3889676");
  expect(chainId([a, b, c])).toBe("sha256:2fce7f8ce91bcf0a1428b36e1024639fdbd9469eea762dba98aa749631885106");
  expect(chainId([b, a])).not.toBe(chainId([a, b]));
});

test("is a sha256 digest also over sha512 diffIDs", () => {
  expect(chainId([digestOf("a", "sha512"), b])).toMatch(/^sha256:/);
});

test("refuses an image without layers", () => {
  expect(() => chainId([])).toThrow(expect.objectContaining({ code: "MANIFEST_INVALID" }));
});
