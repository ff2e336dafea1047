import { describe, expect, test } from "vitest";
import { parseDockerIgnore } from "./docker-ignore.ts";
import { parseGitIgnore } from "./git-ignore.ts";

describe(".gitignore", () => {
  test.each<[string, string, "ignored" | "kept" | undefined]>([
    ["*.log", "a.log", "ignored"],
    ["*.log", "deep/er/a.log", "ignored"],
    ["*.log", "a.txt", undefined],
    ["/a.log", "a.log", "ignored"],
    ["/a.log", "b/a.log", undefined],
    ["b/a.log", "b/a.log", "ignored"],
    ["b/a.log", "c/b/a.log", undefined],
    ["build/", "build/", "ignored"],
    ["build/", "build", undefined],
    ["build", "x/build", "ignored"],
    ["*.log\n!keep.log", "keep.log", "kept"],
    ["!keep.log\n*.log", "keep.log", "ignored"],
    ["# comment", "# comment", undefined],
    ["\\#file", "#file", "ignored"],
    ["\\!file", "!file", "ignored"],
    ["trailing  ", "trailing", "ignored"],
    ["trailing\\ ", "trailing ", "ignored"],
    ["a/**/b", "a/b", "ignored"],
    ["a/**/b", "a/x/y/b", "ignored"],
    ["**/b", "b", "ignored"],
    ["**/b", "a/b", "ignored"],
    ["a/**", "a/x/y", "ignored"],
    ["a/**", "a", undefined],
    ["a**b", "axxb", "ignored"],
    ["a**b", "ax/xb", undefined],
    ["a*b", "a/b", undefined],
    ["a?c", "abc", "ignored"],
    ["a?c", "a/c", undefined],
    ["[a-c]x", "bx", "ignored"],
    ["[!a-c]x", "bx", undefined],
    ["[!a-c]x", "dx", "ignored"],
    ["[]]x", "]x", "ignored"],
    ["[[:digit:]]x", "5x", "ignored"],
    ["a[", "a[", undefined],
    ["file.txt\r", "file.txt", "ignored"],
    ["A.log", "a.log", undefined],
    ["a.c", "abc", undefined],
    ["ünï", "ünï", "ignored"],
    ["/", "a", undefined],
    ["", "a", undefined],
  ])("%j on %j: %s", (rules, path, expected) => {
    const isFolder = path.endsWith("/");
    expect(parseGitIgnore(rules).test(isFolder ? path.slice(0, -1) : path, isFolder)).toBe(expected);
  });
});

describe(".dockerignore", () => {
  test.each<[string, string, "ignored" | "kept" | undefined]>([
    ["*.log", "a.log", "ignored"],
    ["*.log", "b/a.log", undefined],
    ["**/*.log", "b/c/a.log", "ignored"],
    ["**/*.log", "a.log", "ignored"],
    ["build", "build/x/y", "ignored"],
    ["/build/", "build/x", "ignored"],
    ["./build", "build/x", "ignored"],
    ["build/*\n!build/app", "build/app", "kept"],
    ["build/*\n!build/app", "build/other", "ignored"],
    ["*\n!src", "src/x.py", "kept"],
    ["*\n!src\nsrc/*.tmp", "src/x.tmp", "ignored"],
    ["**", "a/b", "ignored"],
    ["*.md\n!README.md", "README.md", "kept"],
    ["!README.md\n*.md", "README.md", "ignored"],
    ["# x", "# x", undefined],
    ["  a  ", "a", "ignored"],
    ["! a", "a", "kept"],
    ["**.py", "a/b.py", "ignored"],
    ["a/../b", "b", "ignored"],
  ])("%j on %j: %s", (rules, path, expected) => {
    expect(parseDockerIgnore(rules).test(path)).toBe(expected);
  });

  test("says below which ignored folders an exception may lie", () => {
    const rules = parseDockerIgnore("*\n!dist/app/bin\n!*.md");
    expect(parseDockerIgnore("*\n!dist/app").mayKeepBelow("node_modules")).toBe(false);
    expect(rules.mayKeepBelow("dist")).toBe(true);
    expect(rules.mayKeepBelow("dist/app")).toBe(true);
  });
});
