import { execFile } from "node:child_process";
import { cp } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";
import { startRegistryServer } from "@imagespec/registry-server";
import { temporaryFolder } from "@imagespec/test-support";
import { expect, test } from "vitest";

const run = promisify(execFile);
const example = path.dirname(import.meta.dirname);
const bin = path.join(
  path.dirname(createRequire(import.meta.url).resolve("imagespec/package.json")),
  "bin",
  "imagespec.js",
);

test("it builds, is found again, and runs", async () => {
  await using folder = await temporaryFolder();
  await using registry = await startRegistryServer();
  await cp(example, folder.path, { recursive: true, filter: (file) => !file.includes("node_modules") });
  const env = { ...process.env, IMAGESPEC_CACHE_DIR: path.join(folder.path, ".cache"), NO_COLOR: "1" };
  const imagespec = (...args: readonly string[]) => run(process.execPath, [bin, ...args], { cwd: folder.path, env });

  const first = await imagespec("build", "--quiet", "--registry", registry.address);
  expect(first.stdout).toMatch(/^127\.0\.0\.1:\d+\/quickstart\/score:u1-[a-z2-7]{16}\n$/);
  const plan = await imagespec("plan", "--registry", registry.address);
  expect(plan.stdout).toContain("exists");
  const { stdout } = await imagespec("run", "--registry", registry.address);
  expect(stdout).toMatch(/^score 0\.\d{3} {2}\(60 trees, 1500 rows\)\n$/);
});
