import { createReadStream } from "node:fs";
import { readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import {
  type Digest,
  digestOf,
  encodeConfig,
  isImageIndex,
  mediaTypes,
  parseImageConfig,
  parseManifest,
} from "@imagespec/oci";
import { describe, expect, it } from "vitest";
import {
  dockerArchiveStream,
  type OciLayout,
  openOciLayout,
  readDockerArchive,
  readTar,
  type TarHeader,
  tarHeader,
  tarPadding,
  tarTrailer,
  writeDockerArchive,
} from "../index.ts";
import { sampleImage, sampleIndex, writeImage, writeIndex } from "../testing/sample-image.ts";
import { collect, failureOf } from "../testing/streams.ts";
import { type TemporaryFolder, temporaryFolder } from "../testing/temporary-folder.ts";

const image = sampleImage("a");
const amd64 = { os: "linux", architecture: "amd64" };
const arm64 = { os: "linux", architecture: "arm64" };

async function sampleLayout(folder: TemporaryFolder): Promise<OciLayout> {
  const layout = await openOciLayout(join(folder.path, "layout"), { create: true });
  await writeImage(layout, image, "v1");
  return layout;
}

async function entriesOf(file: string): Promise<ReadonlyMap<string, string>> {
  const entries = new Map<string, string>();
  for await (const { header, content } of readTar(createReadStream(file)))
    entries.set(header.path, (await collect(content)).toString());
  return entries;
}

function blob(digest: Digest): string {
  return `blobs/sha256/${digest.slice(7)}`;
}

describe("writeDockerArchive", () => {
  it("writes a docker archive and an OCI archive over the same blobs", async () => {
    await using folder = await temporaryFolder();
    const layout = await sampleLayout(folder);
    const file = join(folder.path, "image.tar");
    const names = ["python:3.12", "localhost:5000/acme/x:1"];
    const written = await writeDockerArchive(layout, image.descriptor, file, { names });
    expect(written).toEqual({ bytes: (await stat(file)).size, imageId: image.config.digest });
    const entries = await entriesOf(file);
    expect([...entries.keys()]).toEqual([
      "oci-layout",
      "index.json",
      "manifest.json",
      blob(image.descriptor.digest),
      blob(image.config.digest),
      ...image.layers.map(({ digest }) => blob(digest)),
    ]);
    expect(JSON.parse(entries.get("manifest.json")!)).toEqual([
      { Config: blob(image.config.digest), RepoTags: names, Layers: image.layers.map(({ digest }) => blob(digest)) },
    ]);
    const entry = { ...image.descriptor, platform: amd64 };
    const nameKey = "io.containerd.image.name";
    const tagKey = "org.opencontainers.image.ref.name";
    expect(JSON.parse(entries.get("index.json")!).manifests).toEqual([
      { ...entry, annotations: { [nameKey]: "docker.io/library/python:3.12", [tagKey]: "3.12" } },
      { ...entry, annotations: { [nameKey]: "localhost:5000/acme/x:1", [tagKey]: "1" } },
    ]);
    expect(await readdir(folder.path)).toEqual(["image.tar", "layout"]);
  });

  it("writes the same bytes as a stream, to a sink and to a file, again and again", async () => {
    await using folder = await temporaryFolder();
    const layout = await sampleLayout(folder);
    const options = { names: ["acme/x:1"] };
    const file = join(folder.path, "image.tar");
    await writeDockerArchive(layout, image.descriptor, file, options);
    const chunks: Uint8Array[] = [];
    const sink = { write: async (chunk: Uint8Array) => void chunks.push(chunk) };
    const progress: number[] = [];
    const onProgress = (bytes: number) => progress.push(bytes);
    const { bytes } = await writeDockerArchive(layout, image.descriptor, sink, { ...options, onProgress });
    const streamed = await collect(dockerArchiveStream(layout, image.descriptor, options));
    expect(streamed.equals(await readFile(file))).toBe(true);
    expect(streamed.equals(Buffer.concat(chunks))).toBe(true);
    expect(progress.at(-1)).toBe(bytes);
  });

  it("writes the same bytes on every machine", async () => {
    await using folder = await temporaryFolder();
    const layout = await openOciLayout(folder.path, { create: true });
    // Without gzip, whose bytes are the business of zlib.
    const { digest } = await writeImage(layout, sampleImage("a", amd64, false));
    const archive = await collect(dockerArchiveStream(layout, { digest }, { names: ["acme/x:1"] }));
    expect(digestOf(archive)).toBe("sha256:ba25ba797616400c35f9069d87ea807d60e503bf572523f8f0595d4d8b2e1e1b");
  });

  it("chooses the image of a platform from an index", async () => {
    await using folder = await temporaryFolder();
    const layout = await openOciLayout(folder.path, { create: true });
    const { digest } = await writeIndex(layout, "a", "v1");
    const { images } = sampleIndex("a");
    const sink = { write: async () => undefined };
    for (const [at, platform] of [amd64, arm64].entries())
      expect((await writeDockerArchive(layout, { digest }, sink, { names: [], platform })).imageId).toBe(
        images[at]!.config.digest,
      );
    expect(await failureOf(writeDockerArchive(layout, { digest }, sink, { names: [] }))).toMatchObject({
      code: "IMAGE_NOT_FOUND",
      hint: expect.stringContaining("linux/amd64, linux/arm64"),
    });
    const platform = { os: "linux", architecture: "s390x" };
    for (const wanted of [digest, images[0]!.descriptor.digest])
      expect(
        await failureOf(writeDockerArchive(layout, { digest: wanted }, sink, { names: [], platform })),
      ).toMatchObject({
        code: "IMAGE_NOT_FOUND",
        message: expect.stringContaining("linux/s390x"),
      });
  });

  it("leaves nothing behind when it fails, and keeps an earlier file", async () => {
    await using folder = await temporaryFolder();
    const layout = await sampleLayout(folder);
    const file = join(folder.path, "image.tar");
    await writeFile(file, "earlier");
    await truncate(join(layout.root, blob(image.layers[0]!.digest)), 5);
    const failing = writeDockerArchive(layout, image.descriptor, file, { names: [] });
    expect(await failureOf(failing)).toMatchObject({ code: "STORE_CORRUPT" });
    const aborted = writeDockerArchive(layout, image.descriptor, file, { names: [], signal: AbortSignal.abort() });
    expect(await failureOf(aborted)).toMatchObject({ code: "ABORTED" });
    expect(await readFile(file, "utf8")).toBe("earlier");
    expect(await readdir(folder.path)).toEqual(["image.tar", "layout"]);
  });

  it("refuses a source that gives another size than the manifest, whose archive would be unreadable", async () => {
    await using folder = await temporaryFolder();
    const layout = await sampleLayout(folder);
    for (const change of [(b: Buffer) => b.subarray(1), (b: Buffer) => Buffer.concat([b, b])]) {
      const source = {
        hasBlob: layout.hasBlob.bind(layout),
        readManifest: layout.readManifest.bind(layout),
        async openBlob(descriptor: { readonly digest: Digest; readonly size: number }) {
          const bytes = await collect(await layout.openBlob(descriptor));
          return (async function* () {
            yield descriptor.digest === image.config.digest ? bytes : change(bytes);
          })();
        },
      };
      expect(await failureOf(dockerArchiveStream(source, image.descriptor, { names: [] }))).toMatchObject({
        code: "DIGEST_MISMATCH",
      });
    }
  });

  it("refuses names that an engine cannot give", async () => {
    await using folder = await temporaryFolder();
    const layout = await sampleLayout(folder);
    for (const name of ["acme/x", `acme/x@${image.descriptor.digest}`, "No Name"])
      expect(await failureOf(dockerArchiveStream(layout, image.descriptor, { names: [name] }))).toMatchObject({
        code: "REFERENCE_INVALID",
      });
  });
});

describe("readDockerArchive", () => {
  it("reads what writeDockerArchive wrote, with the same digests", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "image.tar");
    const names = ["acme/x:1", "acme/y:2"];
    await writeDockerArchive(await sampleLayout(folder), image.descriptor, file, { names });
    await using archive = await readDockerArchive(file);
    expect(await archive.list()).toMatchObject(
      names.map((name) => ({ name: `docker.io/${name}`, descriptor: image.descriptor })),
    );
    for (const reference of [
      { tag: "acme/x:1" },
      { tag: "docker.io/acme/y:2" },
      { digest: image.descriptor.digest },
      {},
    ])
      expect(await archive.readManifest(reference)).toEqual({
        descriptor: image.descriptor,
        bytes: Buffer.from(image.manifest),
      });
    for (const reference of [{ tag: "acme/x:2" }, { tag: "No Name" }, { digest: digestOf("x") }])
      expect(await archive.readManifest(reference)).toBeUndefined();
    // In any order, and at the same time.
    const contents = image.blobs.map(async ({ descriptor, bytes }) =>
      expect((await collect(await archive.openBlob(descriptor))).equals(bytes)).toBe(true),
    );
    await Promise.all(contents.reverse());
    expect(await archive.hasBlob(digestOf("x"))).toBe(false);
    expect(await failureOf(archive.openBlob({ digest: digestOf("x"), size: 1 }))).toMatchObject({
      code: "IMAGE_NOT_FOUND",
    });
  });

  it("reads a compressed archive, and an OCI archive with a nested index", async () => {
    await using folder = await temporaryFolder();
    const layout = await openOciLayout(join(folder.path, "layout"), { create: true });
    const { digest } = await writeIndex(layout, "a", "v1");
    const entries: [string, Buffer][] = [];
    for (const name of [
      "oci-layout",
      "index.json",
      ...(await readdir(join(layout.root, "blobs/sha256"))).map((n) => `blobs/sha256/${n}`),
    ])
      entries.push([`./${name}`, await readFile(join(layout.root, name))]);
    const file = join(folder.path, "image.tar.gz");
    await writeFile(file, gzipSync(tarOf(entries)));
    await using archive = await readDockerArchive(file);
    const found = await archive.readManifest({ tag: "v1" });
    expect(found?.descriptor.digest).toBe(digest);
    expect(isImageIndex(parseManifest(found!.bytes))).toBe(true);
    await collect(await archive.openBlob(sampleIndex("a").images[1]!.layers[0]!));
  });

  it("reads the old form of docker save, and makes the manifests it lacks", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "old.tar");
    const { bytes, config } = legacyArchive();
    await writeFile(file, bytes);
    await using archive = await readDockerArchive(file);
    const [first, second] = await archive.list();
    expect([first?.name, second?.name]).toEqual(["docker.io/library/x:1", "docker.io/library/x:2"]);
    const stored = await archive.readManifest({ tag: "x:1" });
    const manifest = parseManifest(stored!.bytes);
    if (isImageIndex(manifest)) throw new Error("not a manifest");
    expect(stored?.descriptor).toEqual({
      mediaType: mediaTypes.ociManifest,
      digest: digestOf(stored!.bytes),
      size: stored!.bytes.length,
    });
    const [packed, plain] = image.layers;
    expect(manifest.config).toEqual(config);
    expect(manifest.layers).toEqual([plain, packed, plain]);
    for (const layer of manifest.layers) await collect(await archive.openBlob(layer));
    expect((await archive.readManifest({ digest: stored!.descriptor.digest }))?.bytes).toEqual(stored!.bytes);
  });

  it("says which archive is damaged", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "image.tar");
    await writeDockerArchive(await sampleLayout(folder), image.descriptor, file, { names: [] });
    const bytes = await readFile(file);
    bytes[bytes.length - 1024 - 600]! ^= 1;
    await writeFile(file, bytes);
    {
      await using archive = await readDockerArchive(file);
      expect(await failureOf(await archive.openBlob(image.layers[1]!))).toMatchObject({
        code: "STORE_CORRUPT",
        message: expect.stringContaining(file),
      });
    }
    await truncate(file, 3000);
    expect(await failureOf(readDockerArchive(file))).toMatchObject({ code: "STORE_CORRUPT" });
    await writeFile(file, "not a tar file, but long enough to be asked for".repeat(20));
    expect(await failureOf(readDockerArchive(file))).toMatchObject({ code: "STORE_CORRUPT" });
  });

  it.each<[string, readonly (readonly [string, string])[], string]>([
    ["no images", [["README", "x"]], "IMAGE_NOT_FOUND"],
    ["a manifest that is not JSON", [["manifest.json", "{"]], "STORE_CORRUPT"],
    ["a manifest that is no list", [["manifest.json", "{}"]], "STORE_CORRUPT"],
    ["a manifest without layers", [["manifest.json", '[{"Config":"c"}]']], "STORE_CORRUPT"],
    ["a missing config", [["manifest.json", '[{"Config":"c","Layers":[]}]']], "STORE_CORRUPT"],
    [
      "an index that is none",
      [
        ["oci-layout", '{"imageLayoutVersion":"1.0.0"}'],
        ["index.json", "[]"],
      ],
      "STORE_CORRUPT",
    ],
    [
      "another version",
      [
        ["oci-layout", '{"imageLayoutVersion":"9"}'],
        ["index.json", "[]"],
      ],
      "STORE_CORRUPT",
    ],
  ])("says that an archive has %s", async (_, entries, code) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "image.tar");
    await writeFile(file, tarOf(entries.map(([name, text]) => [name, Buffer.from(text)])));
    expect(await failureOf(readDockerArchive(file))).toMatchObject({ code, message: expect.stringContaining(file) });
  });

  it("says that there is no archive", async () => {
    expect(await failureOf(readDockerArchive("/nowhere/image.tar"))).toMatchObject({ code: "IMAGE_NOT_FOUND" });
  });
});

const header: TarHeader = { path: "", type: "file", mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0 };

function tarOf(files: readonly (readonly [string, Uint8Array])[], links: readonly TarHeader[] = []): Buffer {
  const parts = files.flatMap(([path, bytes]) => [
    tarHeader({ ...header, path, size: bytes.length }),
    bytes,
    tarPadding(bytes.length),
  ]);
  return Buffer.concat([...parts, ...links.map(tarHeader), tarTrailer]);
}

/** As Docker before version 25 wrote it: a plain layer, a gzip one (docker loads them too), and a link to the first. */
function legacyArchive() {
  const [packed, plain] = image.blobs;
  const [packedId, plainId] = parseImageConfig(image.blobs[2]!.bytes).rootfs.diff_ids;
  const config = encodeConfig({ ...amd64, rootfs: { type: "layers", diff_ids: [plainId!, packedId!, plainId!] } });
  const layers = ["1/layer.tar", "2/layer.tar", "3/layer.tar"];
  const manifest = [{ Config: "config.json", RepoTags: ["x:1", "x:2"], Layers: layers }];
  const files: [string, Uint8Array][] = [
    ["1/layer.tar", plain!.bytes],
    ["2/layer.tar", packed!.bytes],
    ["config.json", config.bytes],
    ["manifest.json", Buffer.from(JSON.stringify(manifest))],
  ];
  const link: TarHeader = { ...header, path: "3/layer.tar", type: "symlink", linkPath: "../1/layer.tar" };
  return { bytes: tarOf(files, [link]), config: config.descriptor };
}
