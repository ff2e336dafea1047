import { expect, test } from "vitest";
import type { Build } from "./build.ts";
import { parseListFilter } from "./list-filter.ts";

const build: Build = { id: "1", tags: ["a", 'b"c'], status: "WORKING", createTime: { seconds: "1700000000" } };

// "View build results" in the documentation, filter examples.
test.for([
  ["", true],
  ['tags="a"', true],
  ["tags=a", true],
  ['tags = "a" AND status = "WORKING"', true],
  ['tags="a" status="QUEUED"', false],
  ['tags="none" OR (status="QUEUED" OR status="WORKING")', true],
  ['NOT tags="a"', false],
  ['status!="SUCCESS"', true],
  ['tags="b\\"c"', true],
  ['create_time>="2023-11-01T00:00:00Z"', true],
  ['create_time<"2023-11-01T00:00:00Z"', false],
  ['build_id="1"', true],
] as const)("%s", ([filter, expected]) => {
  expect(parseListFilter(filter)(build)).toBe(expected);
});

test.for(["tags", 'colour="red"', '(tags="a"', 'tags="a" AND', '"a"', "tags=="])("%s is refused", (filter) => {
  expect(() => parseListFilter(filter)).toThrow("invalid list filter");
});
