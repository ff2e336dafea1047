import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CliContext } from "@imagespec/core";
import { makeWheel, serveIndex } from "@imagespec/test-support/wheels";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cacheCheck } from "./cache-check.ts";
import { debianCheck } from "./debian-check.ts";
import { indexCheck } from "./index-check.ts";
import { uvCheck } from "./uv-check.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "doctor-"));
});
afterAll(() => rm(folder, { recursive: true }));

function context(env: Readonly<Record<string, string>>, options: unknown = undefined): CliContext {
  const stream = { write: () => true };
  const { signal } = new AbortController();
  return { env: { HOME: folder, ...env }, cwd: folder, stdout: stream, stderr: stream, signal, options };
}

test("uv: named, found, or to be fetched", async () => {
  const uv = join(folder, "uv");
  await writeFile(uv, "#!/bin/sh\n");
  expect(await uvCheck.run(context({ IMAGESPEC_UV: uv }))).toMatchObject([{ status: "error" }]);
  await chmod(uv, 0o755);
  expect(await uvCheck.run(context({ IMAGESPEC_UV: uv }))).toMatchObject([{ status: "ok" }]);
  expect(await uvCheck.run(context({ PATH: folder }))).toEqual([{ status: "ok", message: `uv is "${uv}"` }]);
  expect(await uvCheck.run(context({ PATH: "" }))).toMatchObject([
    { status: "ok", message: expect.stringContaining("fetched") },
  ]);
});

test("package index: answers, wants a login, is not there", async () => {
  const wheel = makeWheel({ name: "pip", version: "1" });
  await using open = await serveIndex([wheel]);
  expect(await indexCheck.run(context({}, { index: open.url }))).toMatchObject([{ status: "ok" }]);
  await using closed = await serveIndex([wheel], { login: "a:b" });
  expect(await indexCheck.run(context({ PIP_INDEX_URL: closed.url }))).toMatchObject([{ status: "error" }]);
  const withLogin = closed.url.replace("//", "//a:b@");
  expect(await indexCheck.run(context({ PIP_INDEX_URL: withLogin }))).toMatchObject([{ status: "ok" }]);
});

test("Debian archive: not needed by everybody, so a warning", async () => {
  await using server = await serveIndex([]);
  const { origin } = new URL(server.url);
  expect(await debianCheck.run(context({}, { debian: { main: origin } }))).toMatchObject([{ status: "warning" }]);
});

test("cache", async () => {
  const file = join(folder, "file");
  await writeFile(file, "");
  expect(await cacheCheck.run(context({}, { cacheFolder: join(folder, "a/b") }))).toMatchObject([{ status: "ok" }]);
  expect(await cacheCheck.run(context({}, { cacheFolder: join(file, "b") }))).toMatchObject([
    { status: "error", hint: expect.stringContaining("IMAGESPEC_CACHE_DIR") },
  ]);
});
