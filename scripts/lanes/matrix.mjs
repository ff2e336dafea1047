// The unit tests on Node 20, 22 and 24, and one image whose digest must be the same on all three.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { root, run, say } from "../run.mjs";
import { setUp } from "../setup.mjs";
import { vitestWith } from "../vitest.mjs";

const majors = [20, 22, 24];
const cache = path.join(os.homedir(), ".cache", "imagespec-dev", "node");
const npm = process.platform === "win32" ? "npm.cmd" : "npm";

/** A Node of a major version: the running one, or the binary that the npm package `node` ships. */
async function nodeOf(major) {
  if (Number(process.versions.node.split(".")[0]) === major) return process.execPath;
  const folder = path.join(cache, String(major));
  const binary = path.join(folder, "node_modules", "node", "bin", "node");
  if (!existsSync(binary)) {
    await mkdir(folder, { recursive: true });
    // The package fetches its platform package as an optional dependency and links it in its install script.
    await run(npm, ["install", "--prefix", folder, "--no-save", "--foreground-scripts", `node@${major}`], {
      quiet: true,
    });
  }
  return binary;
}

await setUp();
const total = { passed: 0, failed: 0, skipped: 0 };
const digests = new Map();
for (const major of majors) {
  const node = await nodeOf(major);
  const { stdout } = await run(node, ["--version"], { capture: true });
  say(`Node ${stdout.trim()}: unit tests`);
  const counts = await vitestWith(node, ["--project", "unit"]);
  for (const key of Object.keys(total)) total[key] += counts[key];

  say(`Node ${stdout.trim()}: the quickstart image`);
  const folder = await mkdtemp(path.join(os.tmpdir(), "imagespec-matrix-"));
  try {
    const build = await run(
      node,
      [
        path.join(root, "packages/cli/bin/imagespec.js"),
        "build",
        path.join(root, "examples/quickstart/image.yaml"),
        "--output",
        `oci-layout=${folder}/image`,
        "--json",
      ],
      { capture: true, env: { ...process.env, IMAGESPEC_CACHE_DIR: path.join(folder, "cache") } },
    );
    const done = JSON.parse(build.stdout.trim().split("\n").at(-1));
    digests.set(stdout.trim(), done.images[0].digest);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

// Google's newer client libraries want Node 22. The fake that they are held against needs the stack.
say("Node 22: the newer majors of Google's packages");
const stack = (name) =>
  run(process.execPath, [path.join(root, "scripts", "stack", name)], { quiet: true, allowFailure: true });
await stack("up.mjs");
try {
  const counts = await vitestWith(
    await nodeOf(22),
    ["--project", "integration", "plugins/google-cloud-build/test/newer-majors.test.ts"],
    { ...process.env, IMAGESPEC_WHOLE: "1" },
  );
  for (const key of Object.keys(total)) total[key] += counts[key];
} finally {
  await stack("down.mjs");
}
for (const [version, digest] of digests) say(`${version}  ${digest}`);
const same = new Set(digests.values()).size === 1;
total[same ? "passed" : "failed"]++;
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
