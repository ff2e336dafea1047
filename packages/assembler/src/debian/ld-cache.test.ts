import { describe, expect, it } from "vitest";
import { elfOf } from "../../test/support/debian-fixtures.ts";
import { architectureFacts } from "./debian-release.ts";
import { FileTree } from "./file-tree.ts";
import { encodeLdCache, findLibraries } from "./ld-cache.ts";

/** Entries in file order, read back by the offsets. */
function decode(cache: Buffer): { soname: string; path: string; flags: number }[] {
  expect(cache.toString("latin1", 0, 20)).toBe("glibc-ld.so.cache1.1");
  const text = (at: number) => cache.toString("latin1", at, cache.indexOf(0, at));
  return Array.from({ length: cache.readUInt32LE(20) }, (_, index) => {
    const at = 48 + index * 24;
    return {
      flags: cache.readUInt32LE(at),
      soname: text(cache.readUInt32LE(at + 4)),
      path: text(cache.readUInt32LE(at + 8)),
    };
  });
}

describe("encodeLdCache", () => {
  it("orders by name as the binary search of the loader expects: descending, digits as numbers", () => {
    const names = ["libb.so.9", "liba.so", "libb.so.10", "libb-2.so.1", "libz.so.1", "liba.so.1"];
    const cache = encodeLdCache(
      names.map((soname) => ({ soname, path: `/lib/${soname}` })),
      0x0303,
    );
    expect(decode(cache).map(({ soname }) => soname)).toEqual([
      "libz.so.1",
      "libb.so.10",
      "libb.so.9",
      "libb-2.so.1",
      "liba.so.1",
      "liba.so",
    ]);
    expect(cache.readUInt32LE(24)).toBe(cache.length - 48 - names.length * 24);
  });

  it("keeps the order of folders for equal names", () => {
    const cache = encodeLdCache(
      [
        { soname: "liba.so.1", path: "/usr/local/lib/liba.so.1" },
        { soname: "liba.so.1", path: "/lib/liba.so.1" },
      ],
      0x0a03,
    );
    expect(decode(cache)).toEqual([
      { soname: "liba.so.1", path: "/usr/local/lib/liba.so.1", flags: 0x0a03 },
      { soname: "liba.so.1", path: "/lib/liba.so.1", flags: 0x0a03 },
    ]);
  });

  it("can be empty", () => expect(decode(encodeLdCache([], 0x0303))).toEqual([]));
});

describe("findLibraries", () => {
  it("lists names as ldconfig does", () => {
    const tree = new FileTree(0);
    tree.writeLink("lib", "usr/lib");
    tree.writeFile(
      "etc/ld.so.conf.d/x.conf",
      "# multiarch\n/usr/local/lib/x\n/lib/x86_64-linux-gnu\n/usr/lib/x86_64-linux-gnu\n",
    );
    const folder = "usr/lib/x86_64-linux-gnu";
    tree.writeFile(`${folder}/libreal.so.1.2.3`, elfOf({ soname: "libreal.so.1" }));
    tree.writeLink(`${folder}/libreal.so.1`, "libreal.so.1.2.3");
    tree.writeLink(`${folder}/libreal.so`, "libreal.so.1");
    tree.writeFile(`${folder}/libother.so.1`, elfOf({ soname: "libother.so.1", machine: 183 }));
    tree.writeFile(`${folder}/libscript.so`, "INPUT(libreal.so.1)");
    tree.writeFile(`${folder}/libnameless.so`, elfOf({}));
    tree.writeFile(`${folder}/plugins/libplugin.so`, elfOf({ soname: "libplugin.so" }));
    tree.writeFile(`${folder}/notlib.so.1`, elfOf({ soname: "notlib.so.1" }));
    expect(findLibraries(tree, architectureFacts("amd64"))).toEqual([
      { soname: "libnameless.so", path: "/lib/x86_64-linux-gnu/libnameless.so" },
      { soname: "libreal.so", path: "/lib/x86_64-linux-gnu/libreal.so" },
      { soname: "libreal.so.1", path: "/lib/x86_64-linux-gnu/libreal.so.1" },
    ]);
    expect(findLibraries(tree, architectureFacts("arm64"))).toEqual([
      { soname: "libother.so.1", path: "/lib/x86_64-linux-gnu/libother.so.1" },
    ]);
  });
});
