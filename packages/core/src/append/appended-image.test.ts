import { digestOf, type ImageConfig, type ImageManifest, mediaTypes, parseImageConfig } from "@imagespec/oci";
import { describe, expect, test } from "vitest";
import { appendedImage, type TrunkImage, whyNoTrunk } from "./appended-image.ts";

const digest = digestOf("layer");
const layer = { digest: digestOf("source"), size: 7, diffId: digestOf("tar"), comment: "source, 2 files" };

function trunk(config: Partial<ImageConfig> = {}, manifest: Partial<ImageManifest> = {}): TrunkImage {
  return {
    manifest: {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: mediaTypes.ociConfig, digest, size: 1 },
      layers: [{ mediaType: mediaTypes.ociLayerGzip, digest, size: 5 }],
      ...manifest,
    },
    config: {
      architecture: "amd64",
      os: "linux",
      created: "1970-01-01T00:00:00Z",
      config: { User: "imagespec", WorkingDir: "/app", Env: ["IMAGESPEC_ID=old", "A=b=c"], Labels: { a: "b", f: "1" } },
      rootfs: { type: "layers", diff_ids: [digest] },
      history: [{ created_by: "RUN" }, { created_by: "ENV", empty_layer: true }],
      ...config,
    },
  };
}

describe("appendedImage", () => {
  test("has one layer, one entry of history, the labels and variables of the spec more, and is otherwise the same", () => {
    const before = trunk();
    const { config, manifest } = appendedImage(before, layer, { labels: { f: "2" }, env: { IMAGESPEC_ID: "new" } });
    expect(parseImageConfig(config.bytes)).toEqual({
      ...before.config,
      config: { ...before.config.config, Env: ["A=b=c", "IMAGESPEC_ID=new"], Labels: { a: "b", f: "2" } },
      rootfs: { type: "layers", diff_ids: [digest, layer.diffId] },
      history: [
        ...(before.config.history ?? []),
        { created: "1970-01-01T00:00:00Z", created_by: "imagespec source, 2 files" },
      ],
    });
    expect(JSON.parse(Buffer.from(manifest.bytes).toString())).toEqual({
      ...before.manifest,
      config: config.descriptor,
      layers: [...before.manifest.layers, { mediaType: mediaTypes.ociLayerGzip, digest: layer.digest, size: 7 }],
    });
  });

  test("stays Docker's where it is", () => {
    const docker = trunk({}, { mediaType: mediaTypes.dockerManifest });
    const { config, manifest } = appendedImage(docker, layer, { labels: {}, env: {} });
    expect(config.descriptor.mediaType).toBe(mediaTypes.dockerConfig);
    expect(manifest.descriptor.mediaType).toBe(mediaTypes.dockerManifest);
    expect(JSON.parse(Buffer.from(manifest.bytes).toString()).layers[1].mediaType).toBe(mediaTypes.dockerLayer);
  });

  test("begins no history in an image that has none", () => {
    const { history: _none, ...config } = trunk().config;
    const appended = appendedImage({ ...trunk(), config }, layer, { labels: {}, env: {} });
    expect(parseImageConfig(appended.config.bytes).history).toBeUndefined();
  });
});

describe("whyNoTrunk", () => {
  test("has nothing against an image of ours, with or without a history", () => {
    expect(whyNoTrunk(trunk(), "/app")).toBeUndefined();
    expect(whyNoTrunk(trunk({ history: [] }), "/app/")).toBeUndefined();
  });

  const other = { mediaType: "application/x-other", digest, size: 1 };
  const many = Array.from({ length: 127 }, () => ({ mediaType: mediaTypes.ociLayerGzip, digest, size: 5 }));
  const diffIds = { type: "layers", diff_ids: Array.from(many, () => digest) } as const;
  test.each<[name: string, TrunkImage, reason: RegExp]>([
    ["another working directory", trunk({ config: { WorkingDir: "/srv" } }), /working directory is "\/srv"/],
    ["no working directory", trunk({ config: {} }), /working directory is ""/],
    ["a history of other layers", trunk({ history: [{}, {}] }), /do not have the same layers/],
    ["other diffIDs", trunk({ rootfs: { type: "layers", diff_ids: [] } }), /do not have the same layers/],
    ["no image", trunk({}, { layers: [other] }), /media types/],
    ["as many layers as there can be", trunk({ rootfs: diffIds, history: [] }, { layers: many }), /has 127 layers/],
  ])("refuses %s", (_name, image, reason) => {
    expect(whyNoTrunk(image, "/app")).toMatch(reason);
  });
});
