// Sets up a fresh clone: dependencies and builds. Fast when everything is there already.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root, run, say } from "./run.mjs";

const stamp = path.join(root, "node_modules", ".imagespec-setup");

/** The pnpm that package.json names, run through npx, which fetches it when it is not installed. */
export function pnpm(args, options = {}) {
  const { packageManager } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  return run(process.platform === "win32" ? "npx.cmd" : "npx", ["-y", packageManager, ...args], options);
}

function manifests() {
  const files = ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"];
  for (const group of ["packages", "plugins", "examples"]) {
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
  const wanted = hash.digest("hex");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
    say("installing dependencies");
    await pnpm(["install", "--frozen-lockfile"], { quiet: true });
    writeFileSync(stamp, wanted);
  }
  if (build) await turbo(["run", "build", "--output-logs=errors-only"], { quiet: true });
}

export function turbo(args, options) {
  return run(path.join(root, "node_modules", ".bin", "turbo"), args, {
    ...options,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", TURBO_NO_UPDATE_NOTIFIER: "1" },
  });
}

if (process.argv[1] === import.meta.filename) await setUp();
