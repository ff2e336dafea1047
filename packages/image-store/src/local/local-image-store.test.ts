import { readdir, truncate, utimes } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, digestOf, encodeManifest, mediaTypes } from "@imagespec/oci";
import { describe, expect, it } from "vitest";
import { type LocalImageStore, openLocalImageStore } from "../index.ts";
import { sampleImage, sampleIndex, writeImage, writeIndex } from "../testing/sample-image.ts";
import { allOf, failureOf } from "../testing/streams.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const minute = 60 * 1000;

async function age(store: LocalImageStore, minutes: number, digests?: readonly Digest[]): Promise<void> {
  const then = new Date(Date.now() - minutes * minute);
  for (const digest of digests ?? (await allOf(store.content.list())).map((item) => item.digest))
    await utimes(store.content.path(digest), then, then);
}

async function stored(store: LocalImageStore): Promise<ReadonlySet<Digest>> {
  return new Set((await allOf(store.content.list())).map(({ digest }) => digest));
}

describe("openLocalImageStore", () => {
  it("keeps images under full references, whatever form they are given in", async () => {
    await using folder = await temporaryFolder();
    const store = await openLocalImageStore(join(folder.path, "cache"));
    const image = sampleImage("a");
    await writeImage(store, image, "python:3.12");
    expect((await store.list()).map(({ name }) => name)).toEqual(["docker.io/library/python:3.12"]);
    const again = await openLocalImageStore(store.root);
    for (const reference of ["python:3.12", "docker.io/library/python:3.12", `acme/x@${image.descriptor.digest}`])
      expect(await again.resolve(reference)).toEqual(image.descriptor);
    expect((await again.readManifest({ tag: "python:3.12" }))?.descriptor).toEqual(image.descriptor);
    for (const reference of ["python:3.13", "python", `python@${digestOf("x")}`])
      expect(await again.resolve(reference)).toBeUndefined();
    expect(await failureOf(again.resolve("No/Name"))).toMatchObject({ code: "REFERENCE_INVALID" });
  });

  it("takes latest for a reference without tag when reading, and refuses one when writing", async () => {
    await using folder = await temporaryFolder();
    const store = await openLocalImageStore(folder.path);
    const image = sampleImage("a");
    await writeImage(store, image, "acme/x:latest");
    expect(await store.resolve("acme/x")).toEqual(image.descriptor);
    const actions = [store.tag(image.descriptor, "v1-abc"), writeImage(store, image, "v1-abc")];
    for (const failure of await Promise.all(actions.map(failureOf)))
      expect(failure).toMatchObject({ code: "REFERENCE_INVALID", message: '"v1-abc" has no tag' });
    expect(await store.remove("acme/x")).toBe(true);
    expect(await store.remove("acme/x")).toBe(false);
  });

  it("is an OCI layout that shares its blobs with the content store", async () => {
    await using folder = await temporaryFolder();
    const store = await openLocalImageStore(folder.path);
    const { digest } = await store.content.write(Buffer.from("wheel"));
    expect(await store.hasBlob(digest)).toBe(true);
    await store.close();
    expect((await readdir(folder.path)).toSorted()).toEqual(["blobs", "index.json", "oci-layout", "partial"]);
  });
});

describe("collectGarbage", () => {
  it("removes what no image needs and nobody used, and keeps the rest", async () => {
    await using folder = await temporaryFolder();
    const store = await openLocalImageStore(folder.path);
    const { images, index } = sampleIndex("kept");
    await writeIndex(store, "kept", "acme/kept:1");
    const gone = sampleImage("gone");
    await writeImage(store, gone, "acme/gone:1");
    const { digest: wheel } = await store.content.write(Buffer.from("wheel"));
    const { digest: fresh } = await store.content.write(Buffer.from("fresh"));
    await store.remove("acme/gone:1");
    await age(store, 20);
    await age(store, 0, [fresh]);
    const before = await stored(store);
    const limits = { unusedForMs: 10 * minute };
    const counted = await store.collectGarbage({ ...limits, dryRun: true });
    expect(await stored(store)).toEqual(before);
    expect(await store.collectGarbage(limits)).toEqual(counted);
    // The empty layer is shared by all sample images and stays.
    expect(counted.removed).toBe(4);
    expect(counted.bytes).toBe(5 + gone.descriptor.size + gone.config.size + gone.layers[0]!.size);
    const kept = [index.descriptor, ...images.flatMap((i) => [i.descriptor, i.config, ...i.layers])];
    expect(await stored(store)).toEqual(new Set([...kept.map(({ digest }) => digest), fresh]));
    expect(before.has(wheel)).toBe(true);
  });

  it("keeps unneeded content for 30 days, and within a limit of bytes", async () => {
    await using folder = await temporaryFolder();
    const store = await openLocalImageStore(folder.path);
    const digests: Digest[] = [];
    for (const [at, text] of ["aaaa", "bbbb", "cccc"].entries()) {
      const { digest } = await store.content.write(Buffer.from(text));
      digests.push(digest);
      await age(store, 1000 - at, [digest]);
    }
    expect(await store.collectGarbage()).toEqual({ removed: 0, bytes: 0 });
    expect(await store.collectGarbage({ maxBytes: 8 })).toEqual({ removed: 1, bytes: 4 });
    expect(await stored(store)).toEqual(new Set(digests.slice(1)));
    await age(store, 31 * 24 * 60, [digests[2]!]);
    await store.collectGarbage();
    expect(await stored(store)).toEqual(new Set([digests[1]]));
  });

  it("lets what refers to an image go with it", async () => {
    await using folder = await temporaryFolder();
    const store = await openLocalImageStore(folder.path);
    const image = sampleImage("a");
    await writeImage(store, image, "acme/x:1");
    const refer = (subject: typeof image.descriptor) =>
      encodeManifest({
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        artifactType: "application/vnd.example",
        config: { mediaType: mediaTypes.ociEmpty, digest: digestOf("{}"), size: 2 },
        layers: [],
        subject,
      });
    const record = refer(image.descriptor);
    const signature = refer(record.descriptor);
    for (const { bytes } of [signature, record]) await store.writeManifest(bytes, mediaTypes.ociManifest);
    await store.collectGarbage({ unusedForMs: 0 });
    expect(await stored(store)).toContain(signature.descriptor.digest);
    await store.remove("acme/x:1");
    await age(store, 20);
    await store.collectGarbage({ unusedForMs: minute });
    expect(await stored(store)).toEqual(new Set());
    expect(await store.list()).toEqual([]);
  });

  it("removes nothing when it cannot tell what is needed", async () => {
    await using folder = await temporaryFolder();
    const store = await openLocalImageStore(folder.path);
    const image = sampleImage("a");
    await writeImage(store, image, "acme/x:1");
    await truncate(store.content.path(image.descriptor.digest), 10);
    await age(store, 20);
    const before = await stored(store);
    expect(await failureOf(store.collectGarbage({ unusedForMs: 0 }))).toMatchObject({ code: "STORE_CORRUPT" });
    expect(await stored(store)).toEqual(before);
  });
});
