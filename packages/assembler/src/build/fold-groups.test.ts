import { expect, test } from "vitest";
import { foldGroups } from "./fold-groups.ts";

const alone = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ kind: "alone" as const, key: `a${index}`, members: [`a${index}`] }));
const buckets = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    kind: "bucket" as const,
    key: String(index),
    members: [`b${index}`],
  }));

test("leaves groups alone where they fit", () => {
  const groups = [...alone(24), ...buckets(24)];
  expect(foldGroups(groups, 16)).toEqual(groups);
});

test("joins buckets above a base with many layers, and loses no member", () => {
  const folded = foldGroups([...alone(24), ...buckets(24)], 32);
  expect(folded).toHaveLength(32);
  expect(folded.flatMap(({ members }) => members).sort()).toEqual(
    [...alone(24), ...buckets(24)].flatMap(({ members }) => members).sort(),
  );
});

test("refuses what engines cannot stack", () => {
  expect(() => foldGroups([...alone(24), ...buckets(1)], 103)).toThrow(
    expect.objectContaining({ code: "BASE_UNSUPPORTED" }),
  );
  expect(foldGroups([...alone(24), ...buckets(9)], 102)).toHaveLength(25);
});
