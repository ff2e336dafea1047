import { openContentStore } from "@imagespec/image-store";
import { digestOf, mediaTypes } from "@imagespec/oci";
import { copyImage } from "@imagespec/registry-client";
import { temporaryFolder } from "@imagespec/test-support";
import { expect, test } from "vitest";
import { spooledImage } from "../delivery/spooled-image.ts";
import { storedBase } from "../testing/stored-base.ts";
import { ImageIntake } from "./image-intake.ts";
import { startRelay } from "./relay.ts";
import { servedImage } from "./served-image.ts";

const { signal } = new AbortController();

function place(name: string): { readonly registry: string; readonly repository: string } {
  const slash = name.indexOf("/");
  return { registry: name.slice(0, slash), repository: name.slice(slash + 1) };
}

test("hands out one image to those who know its name, and nothing else", async () => {
  await using base = await storedBase();
  const { client: registry, repository, manifest, layer, bytes } = base;
  await using relay = await startRelay(servedImage({ source: repository }, manifest, signal));
  const served = registry.repository(place(relay.name));
  const { digest } = manifest.descriptor;
  expect((await served.readManifest({ digest }))?.descriptor).toEqual(manifest.descriptor);
  const chunks: Uint8Array[] = [];
  for await (const chunk of await served.openBlob(layer)) chunks.push(chunk);
  expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  expect(await served.hasBlob(digestOf("other"))).toBe(false);
  expect(await served.readManifest({ tag: "latest" })).toBeUndefined();
  const other = registry.repository({ ...place(relay.name), repository: "imagespec/guessed" });
  expect(await other.readManifest({ digest })).toBeUndefined();
  await expect(served.writeManifest(manifest.bytes, mediaTypes.ociManifest)).rejects.toMatchObject({
    code: expect.stringMatching(/^REGISTRY_/),
  });
});

test("takes a push in, without what is there already", async () => {
  await using base = await storedBase();
  const { client: registry, repository, manifest, layer } = base;
  await using folder = await temporaryFolder();
  const content = await openContentStore(folder.path);
  const taken: string[] = [];
  const known = {
    size: async (digest: string) => (digest === layer.digest ? layer.size : undefined),
    open: async () => repository.openBlob(layer),
  };
  const intake = new ImageIntake(content, known, ({ digest }) => taken.push(digest));
  await using relay = await startRelay(intake, intake);
  const { digest } = manifest.descriptor;
  const pushed = await copyImage(repository, { digest }, registry.repository(place(relay.name)), { tag: "build" });
  expect(pushed).toMatchObject({ blobsSent: 1, blobsReused: 1 });
  expect(taken).toHaveLength(1);
  expect(intake.bytesReceived).toBeLessThan(1000);
  expect(intake.manifest(digest)?.descriptor).toEqual(manifest.descriptor);
  expect(await content.has(layer.digest)).toBe(false);
  const source = spooledImage(content, undefined, manifest);
  expect(await source.readManifest({ digest })).toBe(manifest);
});

test("refuses content with another digest, and leaves nothing behind", async () => {
  await using folder = await temporaryFolder();
  const content = await openContentStore(folder.path);
  const nothing = { size: async () => undefined, open: () => Promise.reject(new Error("nothing is known")) };
  const intake = new ImageIntake(content, nothing, () => undefined);
  const relay = await startRelay(intake, intake);
  const url = `http://${place(relay.name).registry}/v2/${place(relay.name).repository}/blobs/uploads/`;
  const started = await fetch(url, { method: "POST" });
  expect(started.status).toBe(202);
  const upload = new URL(started.headers.get("location") ?? "", url);
  const digest = digestOf("what was announced");
  upload.searchParams.set("digest", digest);
  const finished = await fetch(upload, { method: "PUT", body: "something else" });
  expect(finished.status).toBe(500);
  expect(await finished.text()).toContain(digest);
  // One that is never finished.
  await fetch(url, { method: "POST" });
  await relay[Symbol.asyncDispose]();
  const left: unknown[] = [];
  for await (const entry of content.list()) left.push(entry);
  expect(left).toEqual([]);
});
