import { expect, test } from "vitest";
import { isForeignLayer, isIndexMediaType, isManifestMediaType, layerCompression, mediaTypes } from "./media-types.ts";

test("tells manifests and indexes apart", () => {
  const all = Object.values(mediaTypes);
  expect(all.filter(isManifestMediaType)).toEqual([mediaTypes.ociManifest, mediaTypes.dockerManifest]);
  expect(all.filter(isIndexMediaType)).toEqual([mediaTypes.ociIndex, mediaTypes.dockerManifestList]);
});

test("knows the compression of each layer type, and of nothing else", () => {
  for (const [name, type] of Object.entries(mediaTypes)) {
    const isLayer = /layer/i.test(name);
    expect([name, layerCompression(type) !== undefined]).toEqual([name, isLayer]);
    const suffix = /zstd$/.test(type) ? "zstd" : /gzip$/.test(type) ? "gzip" : "none";
    if (isLayer) expect([name, layerCompression(type)]).toEqual([name, suffix]);
  }
  expect(layerCompression("application/vnd.oci.image.layer.v1.tar+gzip+encrypted")).toBeUndefined();
  expect(layerCompression("constructor")).toBeUndefined();
});

test("knows the layers that may not be copied", () => {
  const foreign = Object.entries(mediaTypes).filter(([, type]) => isForeignLayer(type));
  expect(foreign.map(([name]) => name)).toEqual([
    "ociNondistributableLayer",
    "ociNondistributableLayerGzip",
    "ociNondistributableLayerZstd",
    "dockerForeignLayer",
    "dockerForeignLayerUncompressed",
  ]);
});
