import { describe, expect, it } from "vitest";
import { elfOf } from "../../test/support/debian-fixtures.ts";
import { architectureFacts } from "./debian-release.ts";
import { FileTree } from "./file-tree.ts";
import { assertTreeComplete, findTreeDefects } from "./verify-tree.ts";

const facts = architectureFacts("amd64");

function base(): FileTree {
  const tree = new FileTree(0);
  for (const alias of ["bin", "lib", "lib64"]) {
    tree.addDirectory(`usr/${alias}`);
    tree.writeLink(alias, `usr/${alias}`);
  }
  tree.writeFile("usr/lib64/ld-linux-x86-64.so.2", elfOf({}));
  tree.writeFile("usr/lib/x86_64-linux-gnu/libc.so.6", elfOf({ soname: "libc.so.6" }));
  tree.writeFile("usr/bin/sh", elfOf({ needed: ["libc.so.6"], interpreter: "/lib64/ld-linux-x86-64.so.2" }), {
    mode: 0o755,
  });
  return tree;
}

describe("findTreeDefects", () => {
  it("finds nothing in a complete tree", () => {
    const tree = base();
    tree.writeFile("usr/bin/script", "#! /bin/sh -e\n", { mode: 0o755 });
    tree.writeFile("usr/bin/env", elfOf({}));
    tree.writeFile("usr/bin/other", "#!/usr/bin/env -S sh -e\n", { mode: 0o755 });
    tree.writeLink("etc/mtab", "../proc/self/mounts");
    tree.writeFile("opt/app/bin/tool", elfOf({ needed: ["libown.so"], runpath: "$ORIGIN/../lib" }), { mode: 0o755 });
    tree.writeFile("opt/app/lib/libown.so", elfOf({}));
    expect(findTreeDefects(tree, facts)).toEqual([]);
    expect(() => assertTreeComplete(tree, facts, () => false)).not.toThrow();
  });

  it("names what is missing and who needs it", () => {
    const tree = base();
    tree.writeFile("usr/bin/a", elfOf({ needed: ["libgone.so.1"] }));
    tree.writeFile("usr/bin/b", elfOf({ needed: ["libgone.so.1"], interpreter: "/lib/ld-musl.so.1" }));
    tree.writeFile("usr/bin/c", "#!/usr/bin/perl\n", { mode: 0o755 });
    tree.writeFile("usr/share/not-executable", "#!/usr/bin/perl\n");
    tree.writeLink("usr/bin/d", "../lib/nowhere");
    tree.writeLink("usr/bin/loop", "loop");
    expect(findTreeDefects(tree, facts)).toEqual([
      { kind: "library", missing: "libgone.so.1", neededBy: ["usr/bin/a", "usr/bin/b"] },
      { kind: "interpreter", missing: "/lib/ld-musl.so.1", neededBy: ["usr/bin/b"] },
      { kind: "shebang", missing: "/usr/bin/perl", neededBy: ["usr/bin/c"] },
      { kind: "link", missing: "../lib/nowhere", neededBy: ["usr/bin/d"] },
      { kind: "link", missing: "loop", neededBy: ["usr/bin/loop"] },
    ]);
    expect(() => assertTreeComplete(tree, facts, () => false)).toThrow(
      /library "libgone\.so\.1" for "usr\/bin\/a" and 1 more/,
    );
  });

  it("accepts links to what a slim tree leaves out", () => {
    const tree = base();
    tree.writeLink("etc/manual", "../usr/share/man/man1/x.1");
    expect(findTreeDefects(tree, facts, (path) => path.startsWith("usr/share/man/"))).toEqual([]);
    expect(findTreeDefects(tree, facts)).toHaveLength(1);
  });
});
