import { rm, truncate } from "node:fs/promises";
import { openLocalImageStore } from "@imagespec/image-store";
import { descriptorOf, encodeConfig, encodeManifest, mediaTypes, type StoredManifest } from "@imagespec/oci";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { LocalStoreOutput } from "./layout-output.ts";

const { signal } = new AbortController();

describe("looking for an image in a layout", () => {
  test.each(["image", "index"])("an %s of which content is missing or cut short is absent", async (kind) => {
    await using folder = await temporaryFolder();
    const output = new LocalStoreOutput(await openLocalImageStore(folder.path), "train");
    const { content } = await openLocalImageStore(folder.path);
    const layer = new TextEncoder().encode("a layer");
    const descriptor = descriptorOf(layer, mediaTypes.ociLayer);
    const config = encodeConfig({ os: "linux", architecture: "amd64", rootfs: { type: "layers", diff_ids: [] } });
    const manifest = encodeManifest({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: config.descriptor,
      layers: [descriptor],
    });
    const index = encodeManifest({
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [manifest.descriptor],
    });
    const image: StoredManifest = kind === "image" ? manifest : index;
    const write = async (): Promise<void> => {
      for (const [blob, bytes] of [
        [descriptor, layer],
        [config.descriptor, config.bytes],
      ] as const) {
        await output.sink.writeBlob(blob, async function* () {
          yield bytes;
        });
      }
      await output.sink.writeManifest(manifest.bytes, mediaTypes.ociManifest);
      await output.tag(image, "1", { signal });
    };
    for (const damage of [
      () => rm(content.path(descriptor.digest)),
      () => truncate(content.path(descriptor.digest), 2),
      () => rm(content.path(config.descriptor.digest)),
    ]) {
      await write();
      expect(await output.lookUp("1", { signal })).toMatchObject({ state: "present" });
      await damage();
      expect(await output.lookUp("1", { signal })).toEqual({ state: "absent" });
    }
  });
});
