import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CliContext } from "@imagespec/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildxCheck } from "./buildx-check.ts";
import { daemonCheck } from "./daemon-check.ts";

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

test("every daemon that is named is looked at", async () => {
  const hosts = ["one", "two"].map((name) => `unix://${join(folder, `${name}.sock`)}`);
  expect(await daemonCheck.run(context({}, { hosts }))).toMatchObject([
    { status: "error", message: expect.stringContaining("one.sock"), hint: expect.any(String) },
    { status: "error", message: expect.stringContaining("two.sock") },
  ]);
});

test("docker buildx is missed only where it is asked for", async () => {
  const env = { PATH: folder };
  expect(await buildxCheck.run(context(env))).toMatchObject([{ status: "ok" }]);
  expect(await buildxCheck.run(context(env, { builder: "cluster" }))).toMatchObject([{ status: "error" }]);
});
