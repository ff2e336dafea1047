import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TarHeader, tarHeader, tarPadding, tarTrailer } from "@imagespec/image-store";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { unpackLayer } from "./unpack-layer.ts";

interface Entry extends Partial<TarHeader> {
  readonly path: string;
  readonly content?: string;
}

async function* tar(entries: readonly Entry[]): AsyncGenerator<Uint8Array> {
  for (const { content = "", ...header } of entries) {
    const size = Buffer.byteLength(content);
    yield tarHeader({ type: "file", mode: 0o644, uid: 0, gid: 0, mtime: 0, ...header, size });
    yield Buffer.from(content);
    yield tarPadding(size);
  }
  yield tarTrailer;
}

let parent: string;
let root: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "imagespec-unpack-"));
  root = join(parent, "root");
  mkdirSync(root);
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

async function unpack(...layers: readonly (readonly Entry[])[]): Promise<void> {
  for (const layer of layers)
    await unpackLayer(tar(layer), root, { keepsOwners: false, signal: new AbortController().signal });
}
const read = (path: string) => readFileSync(join(root, path), "utf8");
const names = (path = ".") => readdirSync(join(root, path)).sort();

test("files, folders and links, with their modes", async () => {
  await unpack([
    { path: "usr", type: "directory", mode: 0o755 },
    { path: "usr/bin", type: "directory", mode: 0o755 },
    { path: "bin", type: "symlink", linkPath: "usr/bin" },
    { path: "usr/bin/tool", content: "#!", mode: 0o755 },
    { path: "usr/bin/same", type: "hardlink", linkPath: "usr/bin/tool" },
    { path: "dev/null", type: "character-device" },
  ]);
  expect(read("bin/tool")).toBe("#!");
  expect(lstatSync(join(root, "usr/bin/tool")).mode & 0o777).toBe(0o755);
  expect(lstatSync(join(root, "usr/bin/same")).ino).toBe(lstatSync(join(root, "usr/bin/tool")).ino);
  expect(names("dev")).toEqual([]);
});

test("an upper layer writes through the links of a lower one", async () => {
  await unpack(
    [
      { path: "usr/lib/x", content: "lower" },
      { path: "lib", type: "symlink", linkPath: "usr/lib" },
    ],
    [{ path: "lib/y", content: "upper" }],
  );
  expect(readlinkSync(join(root, "lib"))).toBe("usr/lib");
  expect(names("usr/lib")).toEqual(["x", "y"]);
});

describe("whiteouts", () => {
  test("hide what is below, not what is beside", async () => {
    await unpack(
      [
        { path: "a/x", content: "1" },
        { path: "a/y", content: "1" },
      ],
      [{ path: "a/.wh.x" }],
    );
    expect(names("a")).toEqual(["y"]);
  });

  test("opaque ones hide everything below, wherever they stand in the layer", async () => {
    await unpack(
      [
        { path: "a/x", content: "1" },
        { path: "a/b/old", content: "1" },
      ],
      [{ path: "a/b/new", content: "2" }, { path: "a/.wh..wh..opq" }, { path: "a/z", content: "2" }],
    );
    expect(names("a")).toEqual(["b", "z"]);
    expect(names("a/b")).toEqual(["new"]);
  });

  test("a file replaces a folder, and a folder a link", async () => {
    await unpack(
      [
        { path: "a/x", content: "1" },
        { path: "b", type: "symlink", linkPath: "a" },
      ],
      [
        { path: "a", content: "file" },
        { path: "b", type: "directory" },
        { path: "b/y", content: "2" },
      ],
    );
    expect(read("a")).toBe("file");
    expect(lstatSync(join(root, "b")).isDirectory()).toBe(true);
  });
});

describe("nothing leaves the root", () => {
  test("by a path that climbs", async () => {
    await expect(unpack([{ path: "a/../../evil", content: "x" }])).rejects.toMatchObject({ code: "STORE_CORRUPT" });
    await expect(unpack([{ path: "l", type: "hardlink", linkPath: "../../etc/passwd" }])).rejects.toMatchObject({
      code: "STORE_CORRUPT",
    });
  });

  test("by a link to the outside", async () => {
    await unpack([
      { path: "abs", type: "symlink", linkPath: parent },
      { path: "abs/evil", content: "x" },
      { path: "up", type: "symlink", linkPath: "../../.." },
      { path: "up/evil", content: "x" },
    ]);
    expect(existsSync(join(parent, "evil"))).toBe(false);
    expect(read("evil")).toBe("x");
    expect(names()).toContain("tmp");
  });

  test.each([".wh.", ".wh..", ".wh..."])("by the whiteout %j", async (name) => {
    await expect(unpack([{ path: `a/${name}` }])).rejects.toMatchObject({ code: "STORE_CORRUPT" });
  });

  test("by links that go round", async () => {
    const circle: readonly Entry[] = [
      { path: "a", type: "symlink", linkPath: "b" },
      { path: "b", type: "symlink", linkPath: "a" },
      { path: "a/x", content: "x" },
    ];
    await expect(unpack(circle)).rejects.toMatchObject({ code: "STORE_CORRUPT" });
  });

  test("by any mixture of entries", async () => {
    writeFileSync(join(parent, "sentinel"), "untouched");
    const segment = fc.constantFrom("a", "b", "c", "..", ".", "sentinel", ".wh.a", ".wh..", ".wh...", ".wh..wh..opq");
    const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
    const entry = fc.record({
      path,
      type: fc.constantFrom("file", "directory", "symlink", "hardlink"),
      linkPath: fc.oneof(
        path,
        path.map((target) => `/${target}`),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 8 }), async (entries) => {
        rmSync(root, { recursive: true, force: true });
        mkdirSync(root);
        // Refused or not, by whichever error: what counts is what is outside.
        await unpack(entries.map((one) => ({ ...one, type: one.type as TarHeader["type"] }))).catch(() => undefined);
        expect(readdirSync(parent).sort()).toEqual(["root", "sentinel"]);
        expect(readFileSync(join(parent, "sentinel"), "utf8")).toBe("untouched");
      }),
      { numRuns: 150 },
    );
  });
});
