import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { openContentStore } from "@imagespec/image-store";
import { serveIndex } from "@imagespec/test-support/wheels";
import { afterAll, beforeAll, expect, test } from "vitest";
import { detectUvSettings, fetchUv, indexAccess } from "../src/index.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "fetch-uv-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const settings = detectUvSettings();
const signal = new AbortController().signal;
async function access(pipIndex?: string) {
  const spec = { pipIndex, pipExtraIndexUrl: [], indexCredentials: [], secrets: [] };
  return indexAccess(spec, settings, async () => "");
}

test("fetches the pinned uv for an image's platform once, for several at the same time", async () => {
  // The index of the spec has no uv: the machine's is asked then.
  await using index = await serveIndex([]);
  const uvs = await Promise.all(
    [1, 2, 3].map(async () => {
      const content = await openContentStore(path.join(folder, "cache"));
      return fetchUv({ platform: "linux/arm64", content, index: await access(index.url), settings, signal });
    }),
  );
  const [uv] = uvs;
  const bytes = await readFile(uv?.path ?? "");
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(uv?.sha256);
  expect(bytes.length).toBe(uv?.size);
  // The machine of an ELF file: aarch64.
  expect(bytes.readUInt16LE(18)).toBe(183);
  expect(new Set(uvs.map(({ path: file }) => file)).size).toBe(1);
  expect(index.requests).toEqual(["/simple/uv/"]);

  await truncate(uv?.path ?? "", 10);
  const content = await openContentStore(path.join(folder, "cache"));
  await fetchUv({ platform: "linux/arm64", content, index: await access(index.url), settings, signal });
  expect((await readFile(uv?.path ?? "")).equals(bytes)).toBe(true);
  expect(index.requests).toHaveLength(1);
});

test("a platform without a uv", async () => {
  const content = await openContentStore(path.join(folder, "cache"));
  const options = { platform: "linux/s390x", content, index: await access(), settings, signal };
  await expect(fetchUv(options)).rejects.toMatchObject({
    code: "RESOLVER_UNAVAILABLE",
    message: 'there is no uv to fetch for "linux/s390x"',
  });
});
