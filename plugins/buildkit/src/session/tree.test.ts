import type { ContextEntry } from "@imagespec/dockerfile";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createTree, goMode, parentsOf } from "./tree.ts";

const directory = (path: string): ContextEntry => ({ kind: "directory", path, mode: 0o755 });
const part = fc.oneof(
  fc.constantFrom("a", "b", "a-b", "a.b", "a b", "A", "é", "\uffff", "😀", "~"),
  fc.string({ minLength: 1, maxLength: 3 }).map((text) => text.replaceAll(/[/\0]/g, "x")),
);
const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));

/** fsutil's ComparePath, which the receiver's validator uses. */
function comparePath(left: string, right: string): number {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    if (a[index] === b[index]) continue;
    if ((b[index] !== 0x2f && a[index]! < b[index]!) || a[index] === 0x2f) return -1;
    return 1;
  }
  return a.length - b.length;
}

test("the order is the one that the receiver checks, and every parent comes before", () => {
  fc.assert(
    fc.property(fc.array(path), (paths) => {
      const sorted = createTree(paths.map(directory)).map((entry) => entry.path);
      expect(sorted).toEqual([...sorted].sort(comparePath));
      expect(new Set(sorted).size).toBe(sorted.length);
      const seen = new Set<string>();
      for (const entry of sorted) {
        for (const parent of parentsOf(entry)) expect(seen.has(parent)).toBe(true);
        seen.add(entry);
      }
      for (const wanted of paths) expect(seen.has(wanted)).toBe(true);
    }),
  );
});

test("modes are Go's", () => {
  expect(goMode(directory("a"))).toBe(2 ** 31 + 0o755);
  expect(goMode({ kind: "symlink", path: "l", mode: 0o777, linkTarget: "a" })).toBe(2 ** 27 + 0o777);
  expect(goMode({ ...directory("t"), mode: 0o7777 })).toBe(2 ** 31 + 2 ** 23 + 2 ** 22 + 2 ** 20 + 0o777);
});
