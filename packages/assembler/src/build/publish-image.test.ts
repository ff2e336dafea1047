import { ImageSpecError } from "@imagespec/errors";
import type { Descriptor, ImageSink } from "@imagespec/oci";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BuildBench } from "../testing/build-bench.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let bench: BuildBench;

beforeAll(async () => {
  folder = await temporaryFolder();
  bench = await BuildBench.open(folder.path);
});
afterAll(() => folder[Symbol.asyncDispose]());

/** Refuses the first manifests as a registry does whose garbage collection took a blob. */
function forgetful(refusals: number, code: string): { readonly sink: ImageSink; readonly written: Descriptor[] } {
  const written: Descriptor[] = [];
  let left = refusals;
  const sink: ImageSink = {
    writeBlob(descriptor, content, options) {
      written.push(descriptor);
      return bench.output.writeBlob(descriptor, content, options);
    },
    async writeManifest(bytes, mediaType, options) {
      if (left-- > 0)
        throw new ImageSpecError("REGISTRY_ERROR", 'the registry refused "it"', { details: { codes: [code] } });
      return bench.output.writeManifest(bytes, mediaType, options);
    },
  };
  return { sink, written };
}

describe("a registry that loses blobs before it gets the manifest", () => {
  test("gets them once more", async () => {
    const { sink, written } = forgetful(1, "MANIFEST_BLOB_UNKNOWN");
    await bench.build({}, { request: { sink } });
    const digests = written.map(({ digest }) => digest);
    expect(digests.length).toBe(2 * new Set(digests).size);
  });

  test("and always loses them, or refuses the manifest for another reason, fails the build", async () => {
    const lost = bench.build({}, { request: { sink: forgetful(2, "MANIFEST_BLOB_UNKNOWN").sink } });
    await expect(lost).rejects.toMatchObject({ code: "REGISTRY_ERROR" });
    const { sink, written } = forgetful(1, "MANIFEST_INVALID");
    await expect(bench.build({}, { request: { sink } })).rejects.toMatchObject({ code: "REGISTRY_ERROR" });
    expect(written.length).toBe(new Set(written.map(({ digest }) => digest)).size);
  });
});
