import { encodeManifest, mediaTypes, parseImageIndex, parsePlatform } from "@imagespec/oci";
import { describe, expect, test } from "vitest";
import { MemoryMedium } from "../testing/memory-medium.ts";
import { addSampleImage, addSampleIndex } from "../testing/sample-image.ts";
import { rejection } from "../testing/test-client.ts";
import { type CopyProgress, copyImage } from "./copy-image.ts";

const amd64 = parsePlatform("linux/amd64");
const arm64 = parsePlatform("linux/arm64");
const s390x = parsePlatform("linux/s390x");

function sample() {
  const source = new MemoryMedium();
  const images = [
    addSampleImage(source, amd64, ["shared", "amd"]),
    addSampleImage(source, arm64, ["shared", "arm"]),
    addSampleImage(source, s390x, ["shared", "z"]),
  ] as const;
  const attestation = {
    ...addSampleImage(source, { os: "unknown", architecture: "unknown" }, ["attestation"]),
    annotations: { "vnd.docker.reference.digest": images[0].digest },
  };
  const index = addSampleIndex(source, [...images, attestation], "v1");
  return { source, images, attestation, index };
}

test("an index is copied whole: each blob once, then its images, the tagged index last", async () => {
  const { source, index } = sample();
  const sink = new MemoryMedium();
  const events: CopyProgress[] = [];
  const result = await copyImage(source, { tag: "v1" }, sink, { tag: "v2", onProgress: (event) => events.push(event) });
  expect(result).toEqual({
    descriptor: index,
    bytesSent: [...source.blobs.values()].reduce((sum, { length }) => sum + length, 0),
    blobsSent: 9,
    blobsReused: 0,
  });
  const kinds = sink.log.map((line) => line.split(" ")[0]);
  expect(kinds).toEqual([...Array(9).fill("blob"), ...Array(5).fill("manifest")]);
  expect(sink.log.at(-1)).toBe(`manifest ${index.digest} v2`);
  expect(new Set(sink.blobs.keys())).toEqual(new Set(source.blobs.keys()));
  expect(events.filter(({ action }) => action === "written")).toHaveLength(9);
});

test("what is there already is counted, not sent", async () => {
  const { source } = sample();
  const sink = new MemoryMedium();
  sink.addBlob("shared", mediaTypes.ociLayer);
  const result = await copyImage(source, { tag: "v1" }, sink);
  expect([result.blobsSent, result.blobsReused]).toEqual([8, 1]);
  expect(await copyImage(source, { tag: "v1" }, sink)).toMatchObject({ bytesSent: 0, blobsSent: 0, blobsReused: 9 });
});

describe("platforms", () => {
  test("one gives its manifest", async () => {
    const { source, images } = sample();
    const sink = new MemoryMedium();
    const { descriptor } = await copyImage(source, { tag: "v1" }, sink, { platforms: [arm64], tag: "arm" });
    expect(descriptor.digest).toBe(images[1].digest);
    expect(sink.manifests.get("arm")?.descriptor.digest).toBe(images[1].digest);
    expect(sink.blobs.size).toBe(3);
  });

  test("several give an index of them, with their attestations", async () => {
    const { source, images, attestation } = sample();
    const sink = new MemoryMedium();
    await copyImage(source, { tag: "v1" }, sink, { platforms: [amd64, s390x], tag: "v1" });
    const stored = sink.manifests.get("v1");
    expect(parseImageIndex(stored!.bytes).manifests.map(({ digest }) => digest)).toEqual([
      images[0].digest,
      images[2].digest,
      attestation.digest,
    ]);
  });

  test("all of them are the index itself", async () => {
    const { source, index } = sample();
    const platforms = [amd64, arm64, s390x];
    expect((await copyImage(source, { tag: "v1" }, new MemoryMedium(), { platforms })).descriptor).toEqual(index);
  });

  test("that are not there are refused with those that are", async () => {
    const { source } = sample();
    const platforms = [parsePlatform("linux/riscv64")];
    const error = await rejection(copyImage(source, { tag: "v1" }, new MemoryMedium(), { platforms }));
    expect(error).toMatchObject({
      code: "IMAGE_NOT_FOUND",
      message: expect.stringContaining('"linux/riscv64"'),
      hint: expect.stringContaining("linux/amd64, linux/arm64, linux/s390x"),
    });
  });

  test("of a single image are compared with its config", async () => {
    const { source, images } = sample();
    const reference = { digest: images[0].digest };
    await copyImage(source, reference, new MemoryMedium(), { platforms: [amd64] });
    const work = copyImage(source, reference, new MemoryMedium(), { platforms: [arm64] });
    expect((await rejection(work)).code).toBe("IMAGE_NOT_FOUND");
  });
});

test("layers that may not be distributed stay where they are", async () => {
  const source = new MemoryMedium();
  const config = source.addBlob("{}", mediaTypes.ociConfig);
  const foreign = {
    mediaType: mediaTypes.dockerForeignLayer,
    digest: config.digest,
    size: 2,
    urls: ["https://x.dev/l"],
  };
  const layer = source.addBlob("layer", mediaTypes.ociLayer);
  source.addManifest(
    encodeManifest({ schemaVersion: 2, mediaType: mediaTypes.dockerManifest, config: layer, layers: [foreign] }),
    "v1",
  );
  const sink = new MemoryMedium();
  await copyImage(source, { tag: "v1" }, sink);
  expect([...sink.blobs.keys()]).toEqual([layer.digest]);
});

test("an image that is not there, or lies in pieces, is an error", async () => {
  const { source, images } = sample();
  expect((await rejection(copyImage(source, { tag: "no" }, new MemoryMedium()))).code).toBe("IMAGE_NOT_FOUND");
  source.manifests.delete(images[1].digest);
  expect((await rejection(copyImage(source, { tag: "v1" }, new MemoryMedium()))).message).toContain(images[1].digest);
});

test("the first failure aborts the rest and leaves no tag", async () => {
  const { source } = sample();
  const sink = new MemoryMedium();
  let running = 0;
  sink.writeBlob = async (descriptor, _content, options) => {
    if (descriptor.size === "shared".length) throw new Error("disk full");
    running++;
    await new Promise<void>((resolve) => options?.signal?.addEventListener("abort", () => resolve()));
    running--;
    return { action: "exists" };
  };
  await expect(copyImage(source, { tag: "v1" }, sink, { tag: "v1" })).rejects.toThrow("disk full");
  expect(running).toBe(0);
  expect(sink.manifests.size).toBe(0);
});

test("an abort ends the copy", async () => {
  const { source } = sample();
  const controller = new AbortController();
  const sink = new MemoryMedium();
  sink.writeBlob = async () => {
    controller.abort();
    return { action: "exists" };
  };
  expect((await rejection(copyImage(source, { tag: "v1" }, sink, { signal: controller.signal }))).code).toBe("ABORTED");
});
