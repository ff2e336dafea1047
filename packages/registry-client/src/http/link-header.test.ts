import fc from "fast-check";
import { expect, test } from "vitest";
import { parseNextLink } from "./link-header.ts";

test.each([
  ['</v2/a/tags/list?last=b&n=2>; rel="next"', "/v2/a/tags/list?last=b&n=2"],
  ["<https://r.acme.dev/x>;rel=next", "https://r.acme.dev/x"],
  ['</p>; rel="prev", </n>; title="a, b"; rel="next last"', "/n"],
  ['</p>; rel="prev"', undefined],
  ['</p>; rel="nextish"', undefined],
  ["", undefined],
  [undefined, undefined],
])("the next page of %s", (header, expected) => {
  expect(parseNextLink(header)).toBe(expected);
});

test("ends for any text", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseNextLink(`<${text}>; ${text}`);
    }),
  );
});
