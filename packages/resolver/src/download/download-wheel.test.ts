import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type ContentStore, openContentStore } from "@imagespec/image-store";
import { makeWheel } from "@imagespec/test-support/wheels";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { downloadWheel, findWheel } from "./download-wheel.ts";
import { createDownloader } from "./downloader.ts";

const { bytes, filename, sha256 } = makeWheel({ name: "demo", version: "1.0" });
const downloader = createDownloader();
let folder: string;
let content: ContentStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wheel-"));
  content = await openContentStore(join(folder, "cache"));
  await writeFile(join(folder, filename), bytes);
});
afterAll(async () => {
  await downloader.close();
  await rm(folder, { recursive: true, force: true });
});

const download = () => {
  const url = pathToFileURL(join(folder, filename)).href;
  return downloadWheel({ filename, sha256, url, size: bytes.length }, { content, downloader });
};

describe("a wheel in the cache", () => {
  test("is taken from there", async () => {
    expect(await findWheel({ sha256 }, content)).toBeUndefined();
    expect(await download()).toEqual({ path: content.path(`sha256:${sha256}`), downloaded: bytes.length });
    expect(await findWheel({ sha256 }, content)).toBe(content.path(`sha256:${sha256}`));
    expect((await download()).downloaded).toBe(0);
  });

  test("that is damaged, also where no checksum inside it tells, is fetched again", async () => {
    const { path } = await download();
    const modeOfFirstEntry = bytes.indexOf("PK\x01\x02") + 40;
    for (const damage of [
      () => truncate(path, 100),
      () => truncate(path, 0),
      () =>
        writeFile(
          path,
          bytes.map((byte, at) => (at === modeOfFirstEntry ? byte ^ 0o100 : byte)),
        ),
    ]) {
      await damage();
      expect((await download()).downloaded).toBe(bytes.length);
    }
  });
});
