import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf } from "@imagespec/oci";
import { afterEach, beforeEach, expect, test } from "vitest";
import { collectGarbage } from "./collect-garbage.ts";
import { type RegistryServer, startRegistryServer } from "./start-registry-server.ts";
import { createTestImage, pushBlob, pushImage } from "./testing/client.ts";

const image = createTestImage("kept");
const atOnce = { blobGraceSeconds: -1, uploadGraceSeconds: -1 };
let root: string;
let server: RegistryServer;
let repository: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "registry-garbage-"));
  server = await startRegistryServer({ root });
  repository = `${server.url}/v2/acme/train`;
});

afterEach(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

const status = async (path: string): Promise<number> => (await fetch(`${repository}/${path}`)).status;

test("what a manifest reaches stays, what none reaches goes", async () => {
  await pushImage(repository, image, "v1");
  const loose = await pushBlob(repository, "loose content");
  const upload = await fetch(`${repository}/blobs/uploads/`, { method: "POST" });
  const location = `${server.url}${upload.headers.get("location")}`;
  await fetch(location, { method: "PATCH", body: "unfinished" });

  expect(await collectGarbage(root)).toEqual({ removed: 0, bytes: 0 });
  const expected = { removed: 2, bytes: "loose content".length + "unfinished".length };
  expect(await collectGarbage(root, { ...atOnce, dryRun: true })).toEqual(expected);
  expect(await status(`blobs/${loose}`)).toBe(200);

  expect(await collectGarbage(root, atOnce)).toEqual(expected);
  expect(await status(`blobs/${loose}`)).toBe(404);
  expect((await fetch(location)).status).toBe(404);
  expect(await status("manifests/v1")).toBe(200);
  for (const digest of image.blobs.keys()) expect(await status(`blobs/${digest}`)).toBe(200);
});

test("content goes with the last repository that has it", async () => {
  const other = `${server.url}/v2/other`;
  await pushImage(repository, image, "v1");
  await pushImage(other, image, "v1");
  await fetch(`${repository}/manifests/${image.digest}`, { method: "DELETE" });
  expect(await collectGarbage(root, atOnce)).toEqual({ removed: 0, bytes: 0 });
  expect(await status(`blobs/${digestOf("kept")}`)).toBe(404);
  expect((await fetch(`${other}/blobs/${digestOf("kept")}`)).status).toBe(200);

  await fetch(`${other}/manifests/${image.digest}`, { method: "DELETE" });
  expect(await collectGarbage(root, atOnce)).toMatchObject({ removed: image.blobs.size + 1 });
  expect(await collectGarbage(root, atOnce)).toEqual({ removed: 0, bytes: 0 });
  await pushImage(repository, image, "v1");
  expect(await status("manifests/v1")).toBe(200);
});

test("a folder that does not exist is named", async () => {
  await expect(collectGarbage(join(root, "none"))).rejects.toMatchObject({ code: "STORE_UNUSABLE" });
});
