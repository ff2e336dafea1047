import { digestOf } from "@imagespec/oci";
import { expect, test } from "vitest";
import { etagOf, matchesEtag } from "./etag.ts";

const digest = digestOf("a");

test.each([
  [etagOf(digest), true],
  [`W/${etagOf(digest)}`, true],
  [digest, true],
  ["*", true],
  [`"other", ${etagOf(digest)}`, true],
  ['"other"', false],
  ["", false],
])("%s", (header, expected) => {
  expect(matchesEtag(header, digest)).toBe(expected);
});

test("nothing matches what is not there", () => {
  expect(matchesEtag("*", undefined)).toBe(false);
});
