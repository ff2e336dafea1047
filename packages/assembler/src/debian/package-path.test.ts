import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { comparePaths, packagePath, parentPaths } from "./package-path.ts";

describe("packagePath", () => {
  it.each([
    ["./", ""],
    ["./usr/bin/", "usr/bin"],
    ["./bin/ls", "usr/bin/ls"],
    ["./lib/x86_64-linux-gnu/libc.so.6", "usr/lib/x86_64-linux-gnu/libc.so.6"],
    ["./lib64/ld-linux-x86-64.so.2", "usr/lib64/ld-linux-x86-64.so.2"],
    ["./library/x", "library/x"],
    ["/etc/passwd", "etc/passwd"],
  ])("of %j is %j", (name, path) => expect(packagePath(name)).toBe(path));

  it.each(["../x", "./a/../../x", "./a//b", "./a/./b", "a\0b", ".."])("refuses %j", (name) => {
    expect(() => packagePath(name)).toThrow(expect.objectContaining({ code: "DEBIAN_INDEX" }));
  });

  it("never leaves the tree", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("..", ".", "a", "lib", "", "..."), { maxLength: 6 }), (parts) => {
        let path: string;
        try {
          path = packagePath(parts.join("/"));
        } catch {
          return;
        }
        expect(path.startsWith("/")).toBe(false);
        expect(path.split("/")).not.toContain("..");
      }),
    );
  });
});

describe("comparePaths", () => {
  it("orders by bytes, not by UTF-16 units", () => {
    expect(["\u{1f600}", "\uffff", "b", "a"].sort(comparePaths)).toEqual(["a", "b", "\uffff", "\u{1f600}"]);
  });
});

describe("parentPaths", () => {
  it("lists folders outermost first", () => expect(parentPaths("a/b/c")).toEqual(["a", "a/b"]));
  it("is empty at the top", () => expect(parentPaths("a")).toEqual([]));
});
