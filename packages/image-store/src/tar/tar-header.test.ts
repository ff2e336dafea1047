import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type TarHeader, tarHeader, tarPadding, tarTrailer } from "../index.ts";

const plain: TarHeader = { path: "app/main.py", type: "file", mode: 0o644, uid: 0, gid: 0, size: 12, mtime: 0 };

function digest(header: TarHeader): string {
  return createHash("sha256").update(tarHeader(header)).digest("hex").slice(0, 16);
}

describe("tarHeader", () => {
  // These bytes are part of every layer's digest: a change here moves every image of every user.
  it.each<[string, TarHeader, number, string]>([
    ["a file", plain, 512, "65cd8f0c0cda47cf"],
    ["a directory", { ...plain, path: "app", type: "directory", mode: 0o755, size: 0 }, 512, "5ed67f6da6025d74"],
    ["a symlink", { ...plain, type: "symlink", linkPath: "../x", mode: 0o777, size: 0 }, 512, "54e389efc810b0f3"],
    ["a hardlink", { ...plain, type: "hardlink", linkPath: "app/other", size: 0 }, 512, "9d6e11552a80600d"],
    ["a device", { ...plain, type: "character-device", devMajor: 1, devMinor: 3, size: 0 }, 512, "18b183acad220392"],
    ["a prefixed path", { ...plain, path: `${"d".repeat(120)}/${"f".repeat(90)}` }, 512, "dcfdacd583476d59"],
    ["a long path", { ...plain, path: "f".repeat(101) }, 1536, "6d45c731bd7a5cd5"],
    ["a path that is not ASCII", { ...plain, path: "app/größe.txt" }, 1536, "44e637fd5fe3da9e"],
    ["a long link", { ...plain, type: "symlink", linkPath: "t/".repeat(60), size: 0 }, 1536, "72bd6e67567d8ab9"],
    ["a huge file", { ...plain, size: 8 ** 11 }, 1536, "71bc1100f5b603d9"],
    ["an old file", { ...plain, mtime: -1.5 }, 1536, "7a655f5b51e87575"],
    ["a big uid", { ...plain, uid: 8 ** 7, gid: 8 ** 7 + 1 }, 1536, "5995c3c4aeefd1cb"],
    [
      "an extended attribute",
      { ...plain, pax: { "SCHILY.xattr.user.a": "b", comment: "c" } },
      1536,
      "ee9a355db55883e3",
    ],
  ])("writes %s with the same bytes for ever", (_, header, length, pinned) => {
    expect(tarHeader(header)).toHaveLength(length);
    expect(digest(header)).toBe(pinned);
  });

  it("needs no pax header up to the limits of ustar", () => {
    const limits = { size: 8 ** 11 - 1, mtime: 8 ** 11 - 1, uid: 8 ** 7 - 1, gid: 8 ** 7 - 1 };
    const path = `${"d".repeat(155)}/${"f".repeat(100)}`;
    expect(tarHeader({ ...plain, ...limits, path })).toHaveLength(512);
    expect(tarHeader({ ...plain, path: "f".repeat(100) })).toHaveLength(512);
    expect(tarHeader({ ...plain, type: "symlink", linkPath: "f".repeat(100) })).toHaveLength(512);
  });

  it("ignores what is not content of the layer: names of users and sizes of links", () => {
    const link: TarHeader = { ...plain, type: "symlink", linkPath: "x", size: 0 };
    expect(tarHeader({ ...link, uname: "root", gname: "root", size: 7 } as TarHeader)).toEqual(tarHeader(link));
    expect(tarHeader({ ...plain, path: "app/", type: "directory" })).toEqual(
      tarHeader({ ...plain, path: "app", type: "directory" }),
    );
  });

  it.each<[string, Partial<TarHeader>]>([
    ["an empty path", { path: "" }],
    ["a NUL", { path: "a\0b" }],
    ["a file with a trailing slash", { path: "a/" }],
    ["a link without a target", { type: "symlink" }],
    ["a negative size", { size: -1 }],
    ["a uid with a fraction", { uid: 1.5 }],
    ["a time that is none", { mtime: Number.NaN }],
    ["a surrogate that stands for no byte", { path: "a\ud800" }],
    ["a pax key with an equals sign", { pax: { "a=b": "c" } }],
  ])("refuses %s", (_, change) => {
    expect(() => tarHeader({ ...plain, ...change })).toThrow(expect.objectContaining({ code: "INTERNAL" }));
  });
});

describe("tarPadding and tarTrailer", () => {
  it("fill whole blocks with zeros", () => {
    expect([0, 1, 511, 512, 513].map((size) => tarPadding(size).length)).toEqual([0, 511, 1, 0, 511]);
    expect(tarTrailer).toEqual(new Uint8Array(1024));
  });
});
