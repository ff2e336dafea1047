import { digestOf } from "@imagespec/oci";
import { describe, expect, test } from "vitest";
import { MemoryImages, type TestFile, tarOf } from "../testing/memory-images.ts";
import { validateImage } from "./validate-image.ts";

const latest = { tag: "latest" };
const files: readonly TestFile[] = [
  { path: "app", type: "directory" },
  { path: "app/a.py", content: "print(1)\n" },
  { path: "app/b.py", type: "hardlink", linkPath: "app/a.py" },
  { path: "bin", type: "symlink", linkPath: "usr/bin" },
];

async function rulesOf(images: MemoryImages): Promise<readonly string[]> {
  return [...new Set((await validateImage(images, latest)).map(({ rule }) => rule))];
}

/** Rules that a layer with these files breaks. */
function layerRules(...added: readonly TestFile[]): Promise<readonly string[]> {
  const images = new MemoryImages();
  images.image([tarOf(files), tarOf(added)]);
  return rulesOf(images);
}

test("a sound image has no findings", async () => {
  const images = new MemoryImages();
  const long = `app/${"long/".repeat(60)}file`;
  const second = [{ path: long, content: "x".repeat(3000) }, { path: "app/.wh.b.py" }, { path: "app/.wh..wh..opq" }];
  images.image([tarOf(files), tarOf(second), tarOf([])]);
  expect(await validateImage(images, latest)).toEqual([]);
});

test("a sound index with an attestation has no findings", async () => {
  const images = new MemoryImages();
  const child = images.image([tarOf(files)], { tag: "child" });
  const statement = images.blob(Buffer.from("{}"), "application/vnd.in-toto+json");
  const attestation = images.image([], {
    tag: "attestation",
    change: ({ manifest }) => {
      manifest["layers"] = [statement];
    },
  });
  images.index([
    { ...child, platform: { os: "linux", architecture: "amd64" } },
    { ...attestation, platform: { os: "unknown", architecture: "unknown" } },
  ]);
  expect(await validateImage(images, latest)).toEqual([]);
});

describe("documents", () => {
  test("no image", async () => {
    expect(await rulesOf(new MemoryImages())).toEqual(["manifest-missing"]);
  });

  test("all findings of one image are reported, each with its place", async () => {
    const images = new MemoryImages();
    images.image([tarOf(files)], {
      change: ({ config, manifest }) => {
        config["os"] = "";
        config["history"] = [];
        manifest["schemaVersion"] = 1;
      },
    });
    expect(await validateImage(images, latest)).toEqual([
      { rule: "schema-version", at: "", message: "has another schemaVersion than 2" },
      { rule: "config-platform", at: "config", message: "has no os" },
      { rule: "history", at: "config", message: "has 0 history entries with a layer, and 1 layers" },
    ]);
  });

  test.each<[string, (image: { config: Record<string, unknown>; manifest: Record<string, unknown> }) => void]>([
    ["layer-count", ({ config }) => Object.assign(config, { rootfs: { type: "layers", diff_ids: [] } })],
    ["diff-id", ({ config }) => Object.assign(config, { rootfs: { type: "layers", diff_ids: [digestOf("x")] } })],
    ["created", ({ config }) => Object.assign(config, { created: "yesterday" })],
    ["config-env", ({ config }) => Object.assign(config, { config: { Env: ["A=1", "A=2"] } })],
    ["config-container", ({ config }) => Object.assign(config, { config: { Cmd: "sh" } })],
    ["config-labels", ({ config }) => Object.assign(config, { config: { Labels: { a: 1 } } })],
    ["descriptor", ({ manifest }) => Object.assign(manifest, { config: "x" })],
    ["media-type", ({ manifest }) => Object.assign(manifest, { mediaType: "text/plain" })],
    [
      "digest",
      ({ manifest }) => Object.assign(manifest, { config: { mediaType: "a/b", digest: "sha256:short", size: 1 } }),
    ],
    [
      "blob-missing",
      ({ manifest }) => Object.assign(manifest, { config: { mediaType: "a/b", digest: digestOf("gone"), size: 1 } }),
    ],
  ])("%s", async (rule, change) => {
    const images = new MemoryImages();
    images.image([tarOf(files)], { change });
    expect(await rulesOf(images)).toContain(rule);
  });

  test("bytes that are not what the digest says", async () => {
    const images = new MemoryImages();
    const { digest } = images.image([tarOf(files)]);
    const stored = images.manifests.get(digest)!;
    images.manifests.set("latest", { ...stored, bytes: Buffer.concat([stored.bytes, Buffer.from(" ")]) });
    expect(await rulesOf(images)).toEqual(["manifest-digest", "manifest-size"]);
  });

  test("an index that says another platform than the config, and one twice", async () => {
    const images = new MemoryImages();
    const child = images.image([tarOf(files)], { tag: "child" });
    const platform = { os: "linux", architecture: "arm64" };
    images.index([
      { ...child, platform },
      { ...child, platform },
    ]);
    const findings = await validateImage(images, latest);
    expect(findings.map(({ rule, at }) => `${rule} ${at}`)).toEqual([
      "platform manifests[0]",
      "platform manifests[1]",
      "platform manifests[1]",
    ]);
  });

  test("a child of an index that is not there", async () => {
    const images = new MemoryImages();
    images.index([{ mediaType: "application/vnd.oci.image.manifest.v1+json", digest: digestOf("gone"), size: 4 }]);
    expect(await rulesOf(images)).toEqual(["manifest-missing"]);
  });
});

describe("layers", () => {
  test.each<[string, TestFile]>([
    ["layer-path", { path: "../etc/passwd" }],
    ["layer-path", { path: "/etc/passwd" }],
    ["layer-path", { path: "a/../../b" }],
    ["layer-path", { path: "x", type: "hardlink", linkPath: "../../etc/shadow" }],
    ["layer-link", { path: "x", type: "hardlink", linkPath: "nothing" }],
    ["layer-whiteout", { path: ".wh.x", content: "not empty" }],
    ["layer-whiteout", { path: "x", type: "character-device", devMajor: 0, devMinor: 0 }],
  ])("%s: %o", async (rule, file) => {
    expect(await layerRules(file)).toEqual([rule]);
  });

  test("a hard link into a lower layer is sound", async () => {
    expect(await layerRules({ path: "x", type: "hardlink", linkPath: "app/a.py" })).toEqual([]);
  });

  test("an entry below a symbolic link of the same layer", async () => {
    const link: TestFile = { path: "out", type: "symlink", linkPath: "/etc" };
    expect(await layerRules(link, { path: "out/passwd" })).toEqual(["layer-path"]);
  });

  test("one path twice", async () => {
    expect(await layerRules({ path: "x" }, { path: "./x" })).toEqual(["layer-duplicate"]);
  });

  test("an archive that is cut off", async () => {
    const images = new MemoryImages();
    images.image([tarOf(files).subarray(0, 1800)]);
    expect(await rulesOf(images)).toContain("layer-readable");
  });

  test("an archive without its end", async () => {
    const images = new MemoryImages();
    const tar = tarOf(files);
    images.image([tar.subarray(0, tar.length - 1024)]);
    expect((await rulesOf(images)).filter((rule) => rule.startsWith("layer-"))).not.toEqual([]);
  });

  test("a compression that the media type does not name", async () => {
    const images = new MemoryImages();
    images.image([tarOf(files)], {
      change: ({ manifest }) => {
        const [layer] = manifest["layers"] as { mediaType: string }[];
        layer!.mediaType = "application/vnd.oci.image.layer.v1.tar";
      },
    });
    expect(await rulesOf(images)).toEqual(["layer-compression"]);
  });

  test("a blob that has changed", async () => {
    const images = new MemoryImages();
    images.image([tarOf(files)]);
    const [digest] = images.blobs.keys();
    const other = images.layer(tarOf([{ path: "other" }]));
    images.blobs.set(digest!, images.blobs.get(other.digest)!);
    expect(await rulesOf(images)).toEqual(["blob-digest", "blob-size", "diff-id"]);
  });

  test("a blob that is no gzip at all", async () => {
    const images = new MemoryImages();
    images.image([tarOf(files)]);
    const [digest] = images.blobs.keys();
    images.blobs.set(digest!, Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.alloc(500, 7)]));
    expect(await rulesOf(images)).toContain("layer-readable");
  });
});
