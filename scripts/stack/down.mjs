#!/usr/bin/env node
// Stops everything that up.mjs started. The images and the registry's content stay for the next start; `--purge` removes them
// too. The cache of downloads and packed layers is never removed. Prints what was stopped as JSON.

import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { recordedDaemons, stopDaemon, stopLeftovers } from "./daemon.mjs";
import { stackFolder } from "./folder.mjs";
import { holdsLock, rerunUnderLock } from "./lock.mjs";
import { unmountBelow } from "./mounts.mjs";
import { removeBridges } from "./network.mjs";

const { values } = parseArgs({ options: { purge: { type: "boolean", default: false } } });
const folder = stackFolder();
if (!existsSync(folder.root)) {
  process.stdout.write(`${JSON.stringify({ stopped: [], leftovers: 0, bridges: [] })}\n`);
} else {
  if (!holdsLock) rerunUnderLock(folder.lock, import.meta.url);
  // Engines before the registry, and all of them at once: each has containers of its own to stop.
  const names = recordedDaemons(folder);
  const stopped = [];
  await Promise.all(
    names.map(async (name) => {
      if (await stopDaemon(folder, name)) stopped.push(name);
    }),
  );
  const leftovers = await stopLeftovers(folder.root);
  unmountBelow(folder.root);
  const bridges = await removeBridges(folder);
  if (values.purge) {
    // The lock file stays: removing it would let a second caller in beside one that waits for it.
    for (const name of ["e", "registry", "run", "log", "work", "docker-config", "state.json", "registries.conf"]) {
      rmSync(path.join(folder.root, name), { recursive: true, force: true });
    }
  }
  process.stdout.write(`${JSON.stringify({ stopped: stopped.sort(), leftovers, bridges })}\n`);
}
