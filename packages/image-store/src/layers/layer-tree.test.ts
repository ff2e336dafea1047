import { describe, expect, test } from "vitest";
import { bytesContent, type LayerEntry } from "./layer-entry.ts";
import { LayerTree } from "./layer-tree.ts";
import { Placement } from "./placement.ts";

const nothingSpecial = new Placement({ directoryLinks: {}, directories: {} });
const file = (path: string): LayerEntry => ({
  type: "file",
  path,
  mode: 0o644,
  uid: 0,
  gid: 0,
  content: bytesContent("x"),
});
const pathsOf = (tree: LayerTree) => tree.sorted().map(({ path }) => path);

test("adds every parent and sorts by bytes", () => {
  const tree = new LayerTree(nothingSpecial);
  for (const path of ["b/c/d", "a-b", "a/é", "a/z", "B"]) tree.add(file(path));
  expect(pathsOf(tree)).toEqual(["B", "a", "a-b", "a/z", "a/é", "b", "b/c", "b/c/d"]);
});

describe("on a base with links and special folders", () => {
  const placement = new Placement({
    directoryLinks: { lib: "usr/lib", "var/run": "run", srv: "data/www" },
    directories: { tmp: { mode: 0o1777, uid: 0, gid: 0 }, "data/www": { mode: 0o750, uid: 5, gid: 6 } },
  });

  test("never writes a folder over a link", () => {
    const tree = new LayerTree(placement);
    tree.add(file("lib/python3/x.py"));
    tree.add({ type: "directory", path: "var/run", mode: 0o755, uid: 0, gid: 0 });
    expect(pathsOf(tree)).toEqual(
      ["run", "usr", "usr/lib", "usr/lib/python3", "usr/lib/python3/x.py", "var"].slice(0, -1),
    );
  });

  test("replaces a link by a file, as COPY does", () => {
    const tree = new LayerTree(placement);
    tree.add(file("lib"));
    expect(pathsOf(tree)).toEqual(["lib"]);
  });

  test("parents keep their attributes", () => {
    const tree = new LayerTree(placement);
    tree.add(file("tmp/job/x"));
    tree.add(file("srv/y"));
    expect(tree.get("tmp")).toMatchObject({ mode: 0o1777 });
    expect(tree.get("tmp/job")).toMatchObject({ mode: 0o755 });
    expect(tree.get("data/www")).toMatchObject({ mode: 0o750, uid: 5, gid: 6 });
  });

  test("the key of a prefix tells bases apart only where it matters", () => {
    expect(placement.key("opt/venv")).toBe(nothingSpecial.key("opt/venv"));
    expect(placement.key("srv/venv")).not.toBe(nothingSpecial.key("srv/venv"));
    expect(placement.key("tmp/venv")).not.toBe(nothingSpecial.key("tmp/venv"));
  });
});

test.each(["../x", "a/../../x", "/abs", "a//b", "a/.wh.b", ".wh..wh..opq", "a/./b", ""])(
  "refuses the path %j",
  (path) => {
    expect(() => new LayerTree(nothingSpecial).add(file(path))).toThrow(expect.objectContaining({ code: "INTERNAL" }));
  },
);
