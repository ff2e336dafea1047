import { digestOf } from "@imagespec/oci";
import { expect, test } from "vitest";
import { MemoryImages, type TestFile, tarOf } from "../testing/memory-images.ts";
import { layerFiles } from "./layer-files.ts";
import { resolveInImage } from "./resolve-in-image.ts";

const base: readonly TestFile[] = [
  { path: "d/", type: "directory", mode: 0o700 },
  { path: "./d/a", content: "old", uid: 7 },
  { path: "d/sub", type: "directory" },
  { path: "d/sub/x", content: "x" },
  { path: "e/y", content: "y" },
  { path: "f", content: "same" },
];

async function pathsOf(...layers: readonly (readonly TestFile[])[]): Promise<readonly string[]> {
  const images = new MemoryImages();
  images.image(layers.map(tarOf));
  return [...(await layerFiles(images, { tag: "latest" })).keys()].sort();
}

test("gives what each file is and where it comes from", async () => {
  const images = new MemoryImages();
  images.image([tarOf(base), tarOf([{ path: "d/a", content: "new", mode: 0o755, mtime: 5 }])]);
  const files = await layerFiles(images, { tag: "latest" }, { keepContent: (path) => path === "/d/a" });
  expect(files.get("/d")).toEqual({ type: "directory", mode: 0o700, uid: 0, gid: 0, mtime: 0, size: 0, layer: 0 });
  expect(files.get("/d/a")).toEqual({
    ...{ type: "file", mode: 0o755, uid: 0, gid: 0, mtime: 5, size: 3, layer: 1 },
    ...{ digest: digestOf("new"), content: Buffer.from("new") },
  });
  expect(files.get("/e/y")?.content).toBeUndefined();
});

test("whiteouts hide files and trees of lower layers, not of their own", async () => {
  expect(await pathsOf(base, [{ path: "d/.wh.sub" }, { path: ".wh.f" }, { path: "d/sub/z" }])).toEqual([
    ...["/d", "/d/a", "/d/sub/z", "/e/y"],
  ]);
  expect(await pathsOf(base, [{ path: "d/new" }, { path: "d/.wh..wh..opq" }])).toEqual(["/d", "/d/new", "/e/y", "/f"]);
  expect(await pathsOf(base, [{ path: ".wh..wh..opq" }, { path: "z" }])).toEqual(["/z"]);
});

test("a file in the place of a folder hides what was in it", async () => {
  expect(await pathsOf(base, [{ path: "e" }])).toEqual(["/d", "/d/a", "/d/sub", "/d/sub/x", "/e", "/f"]);
});

test("a hard link has the content of its target, also of a lower layer", async () => {
  const images = new MemoryImages();
  images.image([tarOf(base), tarOf([{ path: "h", type: "hardlink", linkPath: "./f" }])]);
  const file = (await layerFiles(images, { tag: "latest" })).get("/h");
  expect(file).toMatchObject({ type: "hardlink", linkPath: "/f", size: 4, digest: digestOf("same"), layer: 1 });
});

test("an index is read for the platform", async () => {
  const images = new MemoryImages();
  const child = images.image([tarOf(base)], { tag: "child" });
  images.index([{ ...child, platform: { os: "linux", architecture: "amd64" } }]);
  expect((await layerFiles(images, { tag: "latest" })).size).toBe(6);
  const arm = { platform: { os: "linux", architecture: "arm64" } };
  await expect(layerFiles(images, { tag: "latest" }, arm)).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
  await expect(layerFiles(images, { tag: "other" })).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
});

test("links lead through the image and never out of it", async () => {
  const images = new MemoryImages();
  const link = (path: string, linkPath: string): TestFile => ({ path, type: "symlink", linkPath });
  images.image([
    tarOf([
      ...base,
      ...[link("bin", "usr/bin"), link("usr/bin/python", "../../../../f"), link("abs", "/d"), link("loop", "loop")],
    ]),
  ]);
  const files = await layerFiles(images, { tag: "latest" });
  expect(resolveInImage(files, "/bin/python")).toBe("/f");
  expect(resolveInImage(files, "/abs/sub/../a")).toBe("/d/a");
  expect(resolveInImage(files, "/loop")).toBeUndefined();
  expect(resolveInImage(files, "/gone")).toBeUndefined();
});
