// Sets up a fresh clone: dependencies and builds. Fast when everything is there already.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root, run, say } from "./run.mjs";

const stamp = path.join(root, "node_modules", ".imagespec-setup.json");

/** The pnpm that package.json names, run through npx, which fetches it when it is not installed. */
export function pnpm(args, options = {}) {
  const { packageManager } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  return run(process.platform === "win32" ? "npx.cmd" : "npx", ["-y", packageManager, ...args], options);
}

function manifests() {
  const files = ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"];
  for (const group of ["packages", "plugins", "integrations", "examples"]) {
    const folder = path.join(root, group);
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder)) {
      if (existsSync(path.join(folder, name, "package.json"))) files.push(path.join(group, name, "package.json"));
    }
  }
  return files;
}

export async function setUp({ build = true } = {}) {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(
      `imagespec needs Node 20.19 or newer; this is Node ${process.versions.node}. Install one from https://nodejs.org/`,
    );
    process.exit(1);
  }
  const hash = createHash("sha256");
  for (const file of manifests()) hash.update(file).update(readFileSync(path.join(root, file)));
  const inputs = hash.digest("hex");
  if (readStamp().inputs !== inputs) {
    say("installing dependencies");
    await pnpm(["install", "--frozen-lockfile"], { quiet: true });
    const { stdout } = await pnpm(["exec", "node", "-p", "process.env.PATH"], { capture: true });
    writeFileSync(stamp, JSON.stringify({ inputs, pnpm: folderOfPnpm(stdout.trim()) }));
  }
  if (build) await turbo(["run", "build", "--output-logs=errors-only"], { quiet: true });
}

function readStamp() {
  return existsSync(stamp) ? JSON.parse(readFileSync(stamp, "utf8")) : {};
}

/** Where npx put pnpm: turbo wants to find it on PATH, and asking npx each time costs a second. */
function folderOfPnpm(searchPath) {
  return searchPath
    .split(path.delimiter)
    .find((folder) => existsSync(path.join(folder, process.platform === "win32" ? "pnpm.cmd" : "pnpm")));
}

export function turbo(args, options) {
  const { pnpm: folder } = readStamp();
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1", TURBO_NO_UPDATE_NOTIFIER: "1" };
  if (folder === undefined || !existsSync(folder)) return pnpm(["exec", "turbo", ...args], { ...options, env });
  return run(path.join(root, "node_modules", ".bin", "turbo"), args, {
    ...options,
    env: { ...env, PATH: `${folder}${path.delimiter}${process.env.PATH}` },
  });
}

if (process.argv[1] === import.meta.filename) await setUp();
