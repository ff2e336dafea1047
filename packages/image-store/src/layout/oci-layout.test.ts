import { readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { annotationKeys, digestOf, encodeManifest, isImageIndex, mediaTypes, parseManifest } from "@imagespec/oci";
import { describe, expect, it } from "vitest";
import { openOciLayout } from "../index.ts";
import { asUnprivileged } from "../testing/as-unprivileged.ts";
import { sampleImage, sampleIndex, writeImage, writeIndex } from "../testing/sample-image.ts";
import { collect, failureOf, streamOf } from "../testing/streams.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const amd64 = { os: "linux", architecture: "amd64" };

async function indexOf(root: string): Promise<{ readonly manifests: readonly Record<string, unknown>[] }> {
  return JSON.parse(await readFile(join(root, "index.json"), "utf8"));
}

describe("openOciLayout", () => {
  it("writes the files that the image specification asks for", async () => {
    await using folder = await temporaryFolder();
    const root = join(folder.path, "out");
    const image = sampleImage("a");
    {
      await using layout = await openOciLayout(root, { create: true });
      expect(await writeImage(layout, image, "v1")).toEqual(image.descriptor);
    }
    expect((await readdir(root)).toSorted()).toEqual(["blobs", "index.json", "oci-layout"]);
    expect(JSON.parse(await readFile(join(root, "oci-layout"), "utf8"))).toEqual({ imageLayoutVersion: "1.0.0" });
    expect(await indexOf(root)).toEqual({
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [{ ...image.descriptor, platform: amd64, annotations: { [annotationKeys.refName]: "v1" } }],
    });
    const digests = [image.descriptor, ...image.blobs.map(({ descriptor }) => descriptor)].map(({ digest }) => digest);
    expect((await readdir(join(root, "blobs/sha256"))).toSorted()).toEqual(digests.map((d) => d.slice(7)).toSorted());
  });

  it("reads what it wrote, by name, by digest and as the only image", async () => {
    await using folder = await temporaryFolder();
    const image = sampleImage("a");
    await writeImage(await openOciLayout(folder.path, { create: true }), image, "v1");
    const layout = await openOciLayout(folder.path);
    const { digest } = image.descriptor;
    for (const reference of [{ tag: "v1" }, { digest }, {}, { tag: "other", digest }])
      expect(await layout.readManifest(reference)).toEqual({
        descriptor: image.descriptor,
        bytes: Buffer.from(image.manifest),
      });
    expect(await layout.readManifest({ tag: "v2" })).toBeUndefined();
    expect(await layout.readManifest({ digest: digestOf("x") })).toBeUndefined();
    for (const { descriptor, bytes } of image.blobs) {
      expect(await layout.hasBlob(descriptor.digest)).toBe(true);
      expect((await collect(await layout.openBlob(descriptor))).equals(bytes)).toBe(true);
    }
    expect(await layout.list()).toEqual([{ name: "v1", descriptor: { ...image.descriptor, platform: amd64 } }]);
  });

  it("skips blobs that are there, and replaces one of the wrong size", async () => {
    await using folder = await temporaryFolder();
    const layout = await openOciLayout(folder.path, { create: true });
    const { descriptor, bytes } = sampleImage("a").blobs[0]!;
    let opened = 0;
    const content = () => {
      opened++;
      return streamOf(bytes);
    };
    expect(await layout.writeBlob(descriptor, content)).toEqual({ action: "written" });
    expect(await layout.writeBlob(descriptor, content)).toEqual({ action: "exists" });
    await truncate(join(folder.path, "blobs/sha256", descriptor.digest.slice(7)), 10);
    expect(await layout.writeBlob(descriptor, content)).toEqual({ action: "written" });
    expect(opened).toBe(2);
    const other = { ...descriptor, digest: digestOf("other") };
    expect(await failureOf(layout.writeBlob(other, content))).toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(await layout.hasBlob(other.digest)).toBe(false);
  });

  it("moves, adds and removes names", async () => {
    await using folder = await temporaryFolder();
    const layout = await openOciLayout(folder.path, { create: true });
    const [a, b] = [sampleImage("a"), sampleImage("b")];
    await writeImage(layout, a, "v1");
    await writeImage(layout, b, "v1");
    expect((await layout.list()).map(({ descriptor }) => descriptor.digest)).toEqual([b.descriptor.digest]);
    await layout.tag(a.descriptor, "v0");
    await layout.tag(a.descriptor, "v0");
    expect((await layout.list()).map(({ name }) => name)).toEqual(["v1", "v0"]);
    expect(await layout.untag("v1")).toBe(true);
    expect(await layout.untag("v1")).toBe(false);
    expect(await failureOf(layout.tag({ ...a.descriptor, digest: digestOf("x") }, "v2"))).toMatchObject({
      code: "IMAGE_NOT_FOUND",
    });
    for (const name of ["", "a b", "a//b", "-a", "a:"])
      expect(await failureOf(layout.tag(a.descriptor, name))).toMatchObject({ code: "REFERENCE_INVALID" });
  });

  it("nests an index, and drops the unnamed entries of what it holds", async () => {
    await using folder = await temporaryFolder();
    const layout = await openOciLayout(folder.path, { create: true });
    const { index } = sampleIndex("a");
    expect(await writeIndex(layout, "a", "v1")).toEqual(index.descriptor);
    expect(await layout.list()).toEqual([{ name: "v1", descriptor: index.descriptor }]);
    expect((await layout.readManifest({ tag: "v1" }))?.descriptor).toEqual(index.descriptor);
  });

  it("spreads an index over flat entries when asked, and reads them as one index", async () => {
    await using folder = await temporaryFolder();
    const layout = await openOciLayout(folder.path, { create: true, nested: false });
    const { index } = sampleIndex("a");
    await writeIndex(layout, "a", "v1");
    const { manifests } = parseManifest(index.bytes) as { readonly manifests: readonly object[] };
    const annotations = { [annotationKeys.refName]: "v1" };
    expect((await indexOf(folder.path)).manifests).toEqual(manifests.map((m) => ({ ...m, annotations })));
    const found = await layout.readManifest({ tag: "v1" });
    const joined = parseManifest(found!.bytes);
    expect(isImageIndex(joined) && joined.manifests).toEqual(manifests);
    expect(await layout.readManifest({ digest: found!.descriptor.digest })).toBeDefined();
  });

  it("reads the flat layouts of other tools, whose index is in no file", async () => {
    await using folder = await temporaryFolder();
    const layout = await openOciLayout(folder.path, { create: true, nested: false });
    await writeIndex(layout, "a", "v1");
    const { descriptor } = sampleIndex("a").index;
    await rm(join(folder.path, "blobs/sha256", descriptor.digest.slice(7)));
    const found = await layout.readManifest({ tag: "v1" });
    expect(await layout.readManifest({ digest: found!.descriptor.digest })).toEqual(found);
    await layout.tag(found!.descriptor, "v2");
    expect((await layout.readManifest({ tag: "v2" }))?.descriptor).toEqual(found!.descriptor);
  });

  it("names the images when one must be chosen", async () => {
    await using folder = await temporaryFolder();
    const layout = await openOciLayout(folder.path, { create: true });
    expect(await layout.readManifest({})).toBeUndefined();
    await writeImage(layout, sampleImage("a"), "v1");
    await layout.tag(sampleImage("a").descriptor, "again");
    expect((await layout.readManifest({}))?.descriptor).toEqual(sampleImage("a").descriptor);
    await writeImage(layout, sampleImage("b"), "v2");
    expect(await failureOf(layout.readManifest({}))).toMatchObject({
      code: "IMAGE_NOT_FOUND",
      hint: expect.stringContaining("v1, again, v2"),
    });
  });

  it("keeps content without a name, with what other tools ask for", async () => {
    await using folder = await temporaryFolder();
    const layout = await openOciLayout(folder.path, { create: true });
    const image = sampleImage("a");
    await writeImage(layout, image);
    const record = encodeManifest({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType: "application/vnd.example",
      config: { mediaType: mediaTypes.ociEmpty, digest: digestOf("{}"), size: 2 },
      layers: [],
      subject: image.descriptor,
    });
    await layout.writeManifest(record.bytes, mediaTypes.ociManifest);
    await layout.writeManifest(record.bytes, mediaTypes.ociManifest);
    expect(await layout.list()).toEqual([
      { name: undefined, descriptor: { ...image.descriptor, platform: amd64 } },
      { name: undefined, descriptor: { ...record.descriptor, artifactType: "application/vnd.example" } },
    ]);
    await layout.tag(image.descriptor, "v1");
    expect((await layout.list()).map(({ name }) => name)).toEqual([undefined, "v1"]);
  });

  it("keeps what every one of many writers adds", async () => {
    await using folder = await temporaryFolder();
    const layouts = await Promise.all(Array.from({ length: 4 }, () => openOciLayout(folder.path, { create: true })));
    const names = Array.from({ length: 16 }, (_, n) => `v${n}`);
    await Promise.all(names.map((name, n) => writeImage(layouts[n % 4]!, sampleImage(name), name)));
    expect((await layouts[0]!.list()).map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    await layouts[0]!.close();
    expect((await readdir(folder.path)).toSorted()).toEqual(["blobs", "index.json", "oci-layout"]);
  });

  it("says that a folder is not a layout", async () => {
    await using folder = await temporaryFolder();
    expect(await failureOf(openOciLayout(folder.path))).toMatchObject({ code: "IMAGE_NOT_FOUND" });
    expect(await readdir(folder.path)).toEqual([]);
    for (const marker of ['{"imageLayoutVersion":"2.0.0"}', "not JSON", "{}"]) {
      await writeFile(join(folder.path, "oci-layout"), marker);
      expect(await failureOf(openOciLayout(folder.path, { create: true }))).toMatchObject({ code: "STORE_UNUSABLE" });
    }
  });

  it("says which file is damaged", async () => {
    await using folder = await temporaryFolder();
    const layout = await openOciLayout(folder.path, { create: true });
    const image = sampleImage("a");
    await writeImage(layout, image, "v1");
    const layer = join(folder.path, "blobs/sha256", image.layers[0]!.digest.slice(7));
    await truncate(layer, 10);
    expect(await failureOf(layout.openBlob(image.layers[0]!))).toMatchObject({
      code: "STORE_CORRUPT",
      message: expect.stringContaining(layer),
    });
    await rm(layer);
    expect(await failureOf(layout.openBlob(image.layers[0]!))).toMatchObject({ code: "IMAGE_NOT_FOUND" });
    const index = join(folder.path, "index.json");
    await truncate(index, 20);
    const actions = [layout.list(), layout.untag("v1"), layout.tag(image.descriptor, "v2")];
    for (const failure of await Promise.all(actions.map(failureOf)))
      expect(failure).toMatchObject({ code: "STORE_CORRUPT", message: expect.stringContaining(index) });
  });

  it("refuses a manifest that is none", async () => {
    await using folder = await temporaryFolder();
    const layout = await openOciLayout(folder.path, { create: true });
    const bytes = Buffer.from("{}");
    expect(await failureOf(layout.writeManifest(bytes, mediaTypes.ociManifest))).toMatchObject({
      code: "MANIFEST_INVALID",
    });
    expect(await layout.list()).toEqual([]);
  });

  it("reads a layout that cannot be written to", async () => {
    await using folder = await temporaryFolder();
    const image = sampleImage("a");
    await writeImage(await openOciLayout(folder.path, { create: true }), image, "v1");
    await asUnprivileged(folder.path, async () => {
      await using layout = await openOciLayout(folder.path, { create: true });
      expect((await layout.readManifest({ tag: "v1" }))?.descriptor).toEqual(image.descriptor);
      await collect(await layout.openBlob(image.layers[0]!));
      expect(await failureOf(layout.tag(image.descriptor, "v2"))).toMatchObject({ code: "STORE_UNUSABLE" });
    });
  });

  it("stops when the caller aborts", async () => {
    await using folder = await temporaryFolder();
    const layout = await openOciLayout(folder.path, { create: true });
    const image = sampleImage("a");
    await writeImage(layout, image, "v1");
    const options = { signal: AbortSignal.abort() };
    const actions = [
      layout.openBlob(image.config, options),
      layout.readManifest({ tag: "v1" }, options),
      layout.writeBlob(image.config, () => streamOf(""), options),
      layout.writeManifest(image.manifest, mediaTypes.ociManifest, options),
    ];
    for (const failure of await Promise.all(actions.map(failureOf))) expect(failure).toMatchObject({ code: "ABORTED" });
  });
});
