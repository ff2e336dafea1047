// A npm registry of its own (Verdaccio), empty but for what is published to it; everything else comes from the configured one.
import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { run, say } from "../run.mjs";

/** The last release that runs on Node 20. It names one of its packages by a tag that mirrors of the npm registry may lack. */
const manifest = { private: true, dependencies: { verdaccio: "6.8.0" }, overrides: { "node-fetch": "2.7.0" } };

export const npm = process.platform === "win32" ? "npm.cmd" : "npm";

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Names that are published here and never looked up elsewhere: those of the repository, and those of the plugins it makes. */
const own = ["@imagespec/*", "imagespec", "create-imagespec-builder", "imagespec-builder-*"];

/** Starts the registry in a folder; `env` makes npm and pnpm use it. Stop it with `close`. */
export async function startLocalRegistry(folder) {
  const { stdout } = await run(npm, ["config", "get", "registry"], { capture: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  await mkdir(folder, { recursive: true });
  const config = {
    storage: path.join(folder, "storage"),
    auth: { htpasswd: { file: path.join(folder, "htpasswd") } },
    uplinks: { upstream: { url: stdout.trim(), timeout: "60s", maxage: "60m" } },
    packages: {
      ...Object.fromEntries(own.map((name) => [name, { access: "$all", publish: "$all" }])),
      "**": { access: "$all", proxy: "upstream" },
    },
    max_body_size: "100mb",
    log: { type: "file", path: path.join(folder, "verdaccio.log"), level: "http" },
  };
  // JSON is YAML too.
  await writeFile(path.join(folder, "config.yaml"), JSON.stringify(config));
  const userConfig = path.join(folder, "npmrc");
  await writeFile(userConfig, `registry=${url}\n//127.0.0.1:${port}/:_authToken=anyone\n`);

  say("starting Verdaccio");
  await writeFile(path.join(folder, "package.json"), JSON.stringify(manifest));
  await run(npm, ["install", "--no-audit", "--no-fund"], { cwd: folder, quiet: true });
  const start = path.join(folder, "node_modules", "verdaccio", "bin", "verdaccio");
  const child = spawn(process.execPath, [start, "--config", path.join(folder, "config.yaml"), "--listen", url], {
    stdio: "ignore",
  });
  let ended = false;
  child.once("exit", () => {
    ended = true;
  });
  for (let attempt = 0; ; attempt++) {
    const up = await fetch(new URL("-/ping", url)).then(
      (response) => response.ok,
      () => false,
    );
    if (up) break;
    if (ended || attempt > 300) throw new Error("Verdaccio does not start");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const env = {
    ...process.env,
    npm_config_registry: url,
    npm_config_userconfig: userConfig,
    // What has just been published is wanted at once.
    npm_config_minimum_release_age: "0",
  };
  return {
    url,
    env,
    log: path.join(folder, "verdaccio.log"),
    async close() {
      if (ended) return;
      child.kill();
      await new Promise((resolve) => child.once("exit", resolve));
    },
  };
}
