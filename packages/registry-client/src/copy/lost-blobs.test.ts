import { ImageSpecError } from "@imagespec/errors";
import { parsePlatform } from "@imagespec/oci";
import { expect, test } from "vitest";
import { MemoryMedium } from "../testing/memory-medium.ts";
import { addSampleImage } from "../testing/sample-image.ts";
import { rejection } from "../testing/test-client.ts";
import { copyImage } from "./copy-image.ts";

const refusal = (...codes: readonly string[]): ImageSpecError =>
  new ImageSpecError("REGISTRY_ERROR", `registry "r.dev" answered with an error`, { details: { codes } });

/** Refuses manifests whose blobs it does not have, as a registry does, and may only say to have mounted them. */
class StrictMedium extends MemoryMedium {
  readonly mounts: (readonly string[] | undefined)[] = [];
  override async writeBlob(...[descriptor, content, options]: Parameters<MemoryMedium["writeBlob"]>) {
    this.mounts.push(options?.mountFrom);
    if ((options?.mountFrom ?? []).length > 0) return { action: "mounted" } as const;
    return super.writeBlob(descriptor, content, options);
  }

  override async writeManifest(...parameters: Parameters<MemoryMedium["writeManifest"]>) {
    if (this.blobs.size === 0) throw refusal("MANIFEST_BLOB_UNKNOWN", "MANIFEST_BLOB_UNKNOWN");
    return super.writeManifest(...parameters);
  }
}

function sample(): MemoryMedium {
  const source = new MemoryMedium();
  addSampleImage(source, parsePlatform("linux/amd64"), ["one", "two"], "v1");
  return source;
}

test("blobs that were mounted in words only are sent, and the manifest again", async () => {
  const source = sample();
  const sink = new StrictMedium();
  const copied = await copyImage(source, { tag: "v1" }, sink, { tag: "v1", mountFrom: ["base"] });
  const size = [...source.blobs.values()].reduce((sum, { length }) => sum + length, 0);
  expect(copied).toMatchObject({ blobsSent: 3, blobsReused: 0, bytesSent: size });
  expect(sink.mounts).toEqual([["base"], ["base"], ["base"], [], [], []]);
  expect(new Set(sink.blobs.keys())).toEqual(new Set(source.blobs.keys()));
  expect(sink.manifests.has("v1")).toBe(true);
});

test("a registry that loses them again, or refuses for another reason, is an error", async () => {
  for (const [code, writes] of [
    ["MANIFEST_BLOB_UNKNOWN", 6],
    ["MANIFEST_INVALID", 3],
  ] as const) {
    const sink = new StrictMedium();
    sink.writeManifest = async () => {
      throw refusal(code);
    };
    const error = await rejection(copyImage(sample(), { tag: "v1" }, sink, { tag: "v1" }));
    expect(error.details["codes"]).toEqual([code]);
    expect(sink.mounts).toHaveLength(writes);
  }
});
