import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, digestOf, isImageIndex, parseImageConfig, parseManifest } from "@imagespec/oci";
import { beforeAll, describe, expect, it, type TestContext } from "vitest";
import {
  dockerArchiveStream,
  openLocalImageStore,
  openOciLayout,
  readDockerArchive,
  writeDockerArchive,
} from "../src/index.ts";
import { sampleImage, sampleIndex, writeImage, writeIndex } from "../src/testing/sample-image.ts";
import { collect } from "../src/testing/streams.ts";
import { type TemporaryFolder, temporaryFolder } from "../src/testing/temporary-folder.ts";
import { type TestStack, testStack } from "./stack.ts";

const engineNames = ["20.10", "28.5-containerd"];
const image = sampleImage("image-store engines");
const config = parseImageConfig(image.blobs[2]!.bytes);
let found: TestStack | string;

beforeAll(async () => {
  found = await testStack(engineNames);
}, 900_000);

function requireStack(context: TestContext): TestStack {
  return typeof found === "string" ? context.skip(found) : found;
}

async function sampleLayout(folder: TemporaryFolder) {
  const layout = await openOciLayout(join(folder.path, "layout"), { create: true });
  await writeImage(layout, image, "v1");
  return layout;
}

describe.each(engineNames)("Docker Engine %s", (engineName) => {
  it("loads the archive, under its names and with its digests, and its own archive is read back", async (context) => {
    const { docker, store } = requireStack(context).engines[engineName]!;
    await using folder = await temporaryFolder();
    const layout = await sampleLayout(folder);
    const names = ["imagespec-image-store/a:1", "localhost:5000/imagespec-image-store/b:2"];
    try {
      const loaded = await docker(["load"], dockerArchiveStream(layout, image.descriptor, { names }));
      for (const name of names) expect(loaded.toString()).toContain(name);
      const [facts] = JSON.parse((await docker(["image", "inspect", names[0]!])).toString());
      expect(facts.Id).toBe(store === "containerd" ? image.descriptor.digest : image.config.digest);
      expect(facts.RepoTags.toSorted()).toEqual(names);
      expect(facts.RootFS.Layers).toEqual(config.rootfs.diff_ids);

      const file = join(folder.path, "saved.tar");
      await writeFile(file, await docker(["save", ...names]));
      await using archive = await readDockerArchive(file);
      const canonical = [`docker.io/${names[0]}`, names[1]];
      expect((await archive.list()).map(({ name }) => name).toSorted()).toEqual(canonical);
      const stored = await archive.readManifest({ tag: names[1]! });
      const manifest = parseManifest(stored!.bytes);
      if (isImageIndex(manifest)) throw new Error("not a manifest");
      expect(manifest.config.digest).toBe(image.config.digest);
      if (store === "containerd") expect(stored!.descriptor.digest).toBe(image.descriptor.digest);
      for (const layer of [manifest.config, ...manifest.layers]) await collect(await archive.openBlob(layer));
    } finally {
      await docker(["image", "rm", ...names]);
    }
  });

  it("has the files of the image in a container", async (context) => {
    const { docker } = requireStack(context).engines[engineName]!;
    await using folder = await temporaryFolder();
    const layout = await sampleLayout(folder);
    const name = "imagespec-image-store/c:1";
    await docker(["load"], dockerArchiveStream(layout, image.descriptor, { names: [name] }));
    const container = (await docker(["create", name])).toString().trim();
    try {
      const copied = await docker(["cp", `${container}:/hello.txt`, "-"]);
      expect(copied.toString()).toContain("content of image-store engines\n");
    } finally {
      await docker(["rm", container]);
      await docker(["image", "rm", name]);
    }
  });
});

describe("skopeo", () => {
  // Otherwise it compresses layers that are not.
  const asIs = ["--preserve-digests"];

  async function digestOfRaw(stack: TestStack, place: string): Promise<Digest> {
    return digestOf(await stack.skopeo(["inspect", "--raw", place]));
  }

  it("reads layouts and local stores, with nested indexes, and writes layouts that are read back", async (context) => {
    const stack = requireStack(context);
    await using folder = await temporaryFolder();
    const layout = await sampleLayout(folder);
    await writeIndex(layout, "image-store skopeo", "all");
    const { index } = sampleIndex("image-store skopeo");
    expect(await digestOfRaw(stack, `oci:${layout.root}:v1`)).toBe(image.descriptor.digest);
    expect(await digestOfRaw(stack, `oci:${layout.root}:all`)).toBe(index.descriptor.digest);

    const copy = join(folder.path, "copy");
    await stack.skopeo(["copy", ...asIs, `oci:${layout.root}:v1`, `oci:${copy}:v1`]);
    await stack.skopeo(["copy", ...asIs, "--all", `oci:${layout.root}:all`, `oci:${copy}:all`]);
    const again = await openOciLayout(copy);
    expect((await again.readManifest({ tag: "v1" }))?.descriptor).toEqual(image.descriptor);
    expect((await again.readManifest({ tag: "all" }))?.descriptor).toEqual(index.descriptor);
    for (const layer of image.layers) await collect(await again.openBlob(layer));
    await again.tag(image.descriptor, "mine");
    expect(await digestOfRaw(stack, `oci:${copy}:mine`)).toBe(image.descriptor.digest);

    const store = await openLocalImageStore(join(folder.path, "store"));
    await writeImage(store, image, "localhost:5000/acme/x:1");
    expect(await digestOfRaw(stack, `oci:${store.root}:localhost:5000/acme/x:1`)).toBe(image.descriptor.digest);
  });

  it("reads archives in both of their forms, and writes ones that are read back", async (context) => {
    const stack = requireStack(context);
    await using folder = await temporaryFolder();
    const file = join(folder.path, "image.tar");
    await writeDockerArchive(await sampleLayout(folder), image.descriptor, file, { names: ["acme/x:1"] });
    const copy = join(folder.path, "copy");
    await stack.skopeo(["copy", `docker-archive:${file}:acme/x:1`, `oci:${copy}:docker`]);
    await stack.skopeo(["copy", ...asIs, `oci-archive:${file}`, `oci:${copy}:oci`]);
    const layout = await openOciLayout(copy);
    expect((await layout.readManifest({ tag: "oci" }))?.descriptor).toEqual(image.descriptor);
    const converted = parseManifest((await layout.readManifest({ tag: "docker" }))!.bytes);
    expect(converted).toMatchObject({ config: { digest: image.config.digest } });

    const written = join(folder.path, "written.tar");
    await stack.skopeo(["copy", `oci:${copy}:oci`, `docker-archive:${written}:acme/y:2`]);
    await using archive = await readDockerArchive(written);
    const manifest = parseManifest((await archive.readManifest({ tag: "acme/y:2" }))!.bytes);
    expect(manifest).toMatchObject({ config: { digest: image.config.digest } });
    const ociArchive = join(folder.path, "oci.tar");
    await stack.skopeo(["copy", ...asIs, `oci:${copy}:oci`, `oci-archive:${ociArchive}:some-name`]);
    await using other = await readDockerArchive(ociArchive);
    expect((await other.readManifest({ tag: "some-name" }))?.descriptor).toEqual(image.descriptor);
  });
});
