import { openContentStore, tarHeader, tarPadding, tarTrailer } from "@imagespec/image-store";
import { digestHex, digestOf, encodeManifest, mediaTypes } from "@imagespec/oci";
import { temporaryFolder } from "@imagespec/test-support";
import { expect, test } from "vitest";
import { receiveArchive } from "./receive-archive.ts";

const { signal } = new AbortController();
const layer = Buffer.alloc(5000, "a layer");
const config = Buffer.from("{}");
const manifest = encodeManifest({
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  config: { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.length },
  layers: [{ mediaType: mediaTypes.ociLayer, digest: digestOf(layer), size: layer.length }],
});
const index = encodeManifest({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [manifest.descriptor] });

async function* archive(files: readonly (readonly [path: string, content: Uint8Array])[]) {
  for (const [path, content] of files) {
    const file = { type: "file", mode: 0o644, uid: 0, gid: 0, mtime: 0 } as const;
    yield tarHeader({ ...file, path, size: content.length });
    yield content;
    yield tarPadding(content.length);
  }
  yield tarTrailer;
}

function blob(content: Uint8Array): readonly [string, Uint8Array] {
  return [`blobs/sha256/${digestHex(digestOf(content))}`, content];
}

test("takes in the blobs that are new, and gives the manifest", async () => {
  await using folder = await temporaryFolder();
  const content = await openContentStore(folder.path);
  const files = [blob(layer), blob(config), blob(manifest.bytes), ["index.json", index.bytes]] as const;
  const isKnown = (digest: string) => digest === digestOf(layer);
  const found = await receiveArchive(archive(files), content, { isKnown, signal });
  expect(found.descriptor).toEqual(manifest.descriptor);
  expect(Buffer.from(found.bytes).equals(manifest.bytes)).toBe(true);
  expect([await content.has(digestOf(config)), await content.has(digestOf(layer))]).toEqual([true, false]);
});

test.each<[string, readonly (readonly [string, Uint8Array])[], string]>([
  ["without an index", [blob(layer)], "MANIFEST_INVALID"],
  [
    "with two images",
    [
      blob(manifest.bytes),
      [
        "index.json",
        encodeManifest({
          schemaVersion: 2,
          mediaType: mediaTypes.ociIndex,
          manifests: [manifest.descriptor, manifest.descriptor],
        }).bytes,
      ],
    ],
    "MANIFEST_INVALID",
  ],
  ["with damaged content", [[blob(layer)[0], config]], "DIGEST_MISMATCH"],
  ["without its manifest", [["index.json", index.bytes]], "IMAGE_NOT_FOUND"],
])("refuses an archive %s", async (_, files, code) => {
  await using folder = await temporaryFolder();
  const content = await openContentStore(folder.path);
  const receiving = receiveArchive(archive(files), content, { isKnown: () => false, signal });
  await expect(receiving).rejects.toMatchObject({ code });
});
