import type { ContextEntry } from "@imagespec/dockerfile";
import { expect, test } from "vitest";
import { compilePattern } from "./pattern.ts";
import { selectEntries } from "./select-entries.ts";
import { createTree } from "./tree.ts";

const link = (path: string, linkTarget: string): ContextEntry => ({ kind: "symlink", path, mode: 0o777, linkTarget });
const file = (path: string): ContextEntry => ({
  kind: "file",
  path,
  mode: 0o644,
  size: 0,
  digest: `sha256:${"0".repeat(64)}`,
  async *open() {
    yield* [];
  },
});

const tree = createTree([
  file("Dockerfile"),
  file("a/b/c.txt"),
  file("a/b/d.py"),
  file("a/x[1].txt"),
  file("b/one.whl"),
  file("b/two.whl"),
  link("current", "a/b"),
  link("up/out", "../../../b"),
  link("loop", "loop"),
  link("absolute", "/b/one.whl"),
]);
const select = (selection: { follow?: string[]; include?: string[]; exclude?: string[] }) =>
  selectEntries(tree, { follow: [], include: [], exclude: [], ...selection })
    .map(({ path }) => path)
    .join(" ");

test("everything, when nothing is asked for", () => {
  expect(selectEntries(tree, { follow: [], include: [], exclude: [] })).toBe(tree);
});

test.each([
  [["Dockerfile", "Dockerfile.dockerignore", "dockerfile"], "Dockerfile"],
  [["/a/b"], "a a/b a/b/c.txt a/b/d.py"],
  [["a/b/"], "a a/b a/b/c.txt a/b/d.py"],
  [["a/b/c.txt"], "a a/b a/b/c.txt"],
  [["."], tree.map(({ path }) => path).join(" ")],
  [["/"], tree.map(({ path }) => path).join(" ")],
  [["b/*.whl"], "b b/one.whl b/two.whl"],
  [["b/t?o.whl"], "b b/two.whl"],
  [["a/x[1].txt"], "a a/x[1].txt"],
  [["none"], ""],
  [["../../b/one.whl"], "b b/one.whl"],
  [["current"], "a a/b a/b/c.txt a/b/d.py current"],
  [["current/d.py"], "a a/b a/b/d.py current"],
  [["cur*"], "a a/b a/b/c.txt a/b/d.py current"],
  [["up/out/one.whl"], "b b/one.whl up up/out"],
  [["absolute"], "absolute b b/one.whl"],
  [["loop"], "loop"],
])("follows %j", (follow, expected) => {
  expect(select({ follow })).toBe(expected);
});

test.each([
  [{ include: ["**/*.py"] }, "a a/b a/b/d.py"],
  [{ include: ["a"], exclude: ["a/b"] }, "a a/x[1].txt"],
  [{ include: ["a"], exclude: ["a/b", "!a/b/d.py"] }, "a a/b a/b/d.py a/x[1].txt"],
  [{ exclude: ["*", "!b"] }, "b b/one.whl b/two.whl"],
  [{ exclude: ["**", " ", "!Dockerfile"] }, "Dockerfile"],
])("honours %j", (selection, expected) => {
  expect(select(selection)).toBe(expected);
});

test.each([
  ["a*", "a/b", false],
  ["a/**", "a/b/c", true],
  ["**/c", "c", true],
  ["a**c", "a/b/c", true],
  ["[a-c]", "b", true],
  ["[^a-c]", "b", false],
  ["a\\*", "a*", true],
  ["a\\*", "ab", false],
  ["[", "[", true],
  ["a+(b)|{c}$^.", "a+(b)|{c}$^.", true],
  ["a.c", "abc", false],
])("%s against %s", (pattern, path, matches) => {
  expect(compilePattern(pattern).test(path)).toBe(matches);
});
