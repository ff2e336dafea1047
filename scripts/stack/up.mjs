#!/usr/bin/env node
// Brings up the test stack: a registry that mirrors the hub's base images, one or more Docker Engines, skopeo.
// Progress on stderr, facts as JSON on stdout. Exit codes: 0 up, 1 failed, 2 wrong usage, 3 the machine lacks something.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { assertMachine, installPackages, missingPackages, updatePackageLists } from "./apt.mjs";
import { baseImagesKey, baseLayers, fetchPythons, pushBaseImages } from "./base-images.mjs";
import { StackMissingError, say } from "./command.mjs";
import { patchVersion, pythons } from "./cpython.mjs";
import { runningDaemon } from "./daemon.mjs";
import { engineDaemonName, engines, ensureEngine } from "./engine.mjs";
import { createFolders, readState, stackFolder, writeAtomically, writeState } from "./folder.mjs";
import { answers } from "./http.mjs";
import { holdsLock, rerunUnderLock } from "./lock.mjs";
import { ensureRegistry, taggedDigest } from "./registry.mjs";

const usage = `usage: node scripts/stack/up.mjs [--engines 20.10,26.1,28.5,28.5-containerd] [--pythons 3.12,3.13]
                                 [--registry-port N] [--buildkitd]
Environment: IMAGESPEC_STACK_DIR  folder of the stack (default /tmp/imagespec-stack-<uid>)
             IMAGESPEC_STACK_PORT port of the registry (default: a free one, kept for later runs)`;

/** Raise it when the facts get another shape, so that those which an earlier version wrote are not taken for them. */
const factsVersion = 2;
/** What the first steps need, small; the engine's packages are installed while the root file system is made. */
const firstPackages = ["ca-certificates", "curl", "docker-registry", "iproute2", "mmdebstrap", "unzip"];
const enginePackages = ["buildah", "containerd", "docker.io", "iptables", "runc", "skopeo"];

function parseOptions(environment = process.env) {
  const { values } = parseArgs({
    options: {
      engines: { type: "string", default: "20.10" },
      pythons: { type: "string", default: "3.12,3.13" },
      "registry-port": { type: "string" },
      buildkitd: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const list = (text, known, what) => {
    const names = text.split(",").filter(Boolean);
    for (const name of names) {
      if (!Object.hasOwn(known, name)) {
        throw new TypeError(`unknown ${what} "${name}"; known are ${Object.keys(known).join(", ")}`);
      }
    }
    return names;
  };
  const port = values["registry-port"] ?? environment.IMAGESPEC_STACK_PORT;
  if (port && !/^[0-9]{1,5}$/.test(port)) throw new TypeError(`"${port}" is not a port`);
  return {
    help: values.help,
    engines: list(values.engines, engines, "engine"),
    pythons: list(values.pythons, pythons, "python"),
    port: port ? Number(port) : undefined,
    buildkitd: values.buildkitd,
  };
}

async function bringUp(folder, options) {
  const state = readState(folder);
  const packages = [...enginePackages, ...(options.buildkitd ? ["containernetworking-plugins"] : [])];
  if (missingPackages([...firstPackages, ...packages]).length > 0) await updatePackageLists();
  await installPackages(firstPackages);

  const registry = await ensureRegistry(folder, state, options.port);
  writeState(folder, state);
  const started = {};
  const results = await Promise.allSettled([
    ensureBaseImages(folder, state, registry, options.pythons),
    (async () => {
      await installPackages(packages);
      for (const name of options.engines) started[name] = await ensureEngine(folder, state, name, registry);
      writeState(folder, state);
    })(),
  ]);
  for (const result of results) if (result.status === "rejected") throw result.reason;
  const buildkit = options.buildkitd
    ? await (await import("./buildkitd.mjs")).ensureBuildkitd(folder, state, registry)
    : undefined;
  writeState(folder, state);
  return factsOf(folder, options, registry, started, buildkit);
}

function factsOf(folder, options, registry, started, buildkit) {
  const configFile = path.join(folder.dockerConfig, "config.json");
  if (!existsSync(configFile)) writeFileSync(configFile, "{}\n");
  const registriesFile = path.join(folder.root, "registries.conf");
  writeFileSync(registriesFile, `[[registry]]\nlocation = "${registry}"\ninsecure = true\n`);
  const [first] = Object.values(started);
  return {
    folder: folder.root,
    registry,
    ...(first ? { dockerHost: first.dockerHost } : {}),
    docker: "/usr/bin/docker",
    dockerConfig: folder.dockerConfig,
    skopeo: "/usr/bin/skopeo",
    registriesConfig: registriesFile,
    debians: ["bookworm"],
    pythons: Object.fromEntries(options.pythons.map((minor) => [minor, patchVersion(minor)])),
    engines: started,
    ...(buildkit ? { buildkit } : {}),
  };
}

const baseTags = (minors) => [
  ["library/debian", "bookworm-slim"],
  ...minors.map((minor) => ["library/python", `${minor}-slim`]),
];

async function ensureBaseImages(folder, state, registry, minors) {
  const keys = { ...state.baseImages };
  const current = minors.filter((minor) => keys[minor] === baseImagesKey([minor]));
  const digests = await Promise.all(
    baseTags(minors).map(([repository, tag]) => taggedDigest(registry, repository, tag)),
  );
  if (current.length === minors.length && !digests.includes(undefined)) return;
  const downloads = fetchPythons(folder, minors);
  // Waited for later; without this a failure before that would end the process unexplained.
  downloads.catch(() => undefined);
  await pushBaseImages(registry, await baseLayers(folder, minors, downloads));
  for (const minor of minors) keys[minor] = baseImagesKey([minor]);
  state.baseImages = keys;
  say(
    `base images: ${baseTags(minors)
      .map(([repository, tag]) => `${repository}:${tag}`)
      .join(", ")}`,
  );
}

/** Facts of an earlier call with the same options, if all they speak of is still there. Takes no lock and starts no process. */
async function standing(folder, factsFile) {
  if (!existsSync(factsFile)) return undefined;
  const { facts, daemons } = JSON.parse(readFileSync(factsFile, "utf8"));
  if (daemons.some((name) => runningDaemon(folder, name) === undefined)) return undefined;
  try {
    const tags = baseTags(Object.keys(facts.pythons)).map(([repository, tag]) =>
      taggedDigest(facts.registry, repository, tag),
    );
    const pings = Object.values(facts.engines).map((engine) =>
      answers({ socketPath: engine.dockerHost.slice("unix://".length), path: "/_ping" }),
    );
    const [digests, alive] = await Promise.all([Promise.all(tags), Promise.all(pings)]);
    return digests.includes(undefined) || alive.includes(false) ? undefined : facts;
  } catch {
    // The full bring-up finds out what is wrong, and says it.
    return undefined;
  }
}

async function main() {
  let options;
  try {
    options = parseOptions();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    process.stderr.write(`${error.message}\n${usage}\n`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  try {
    assertMachine();
    const folder = stackFolder();
    createFolders(folder);
    const key = createHash("sha256")
      .update(JSON.stringify([factsVersion, options, baseImagesKey(options.pythons)]))
      .digest("hex");
    const factsFile = path.join(folder.run, `${key.slice(0, 16)}.facts`);
    let facts = await standing(folder, factsFile);
    if (facts === undefined) {
      if (!holdsLock) rerunUnderLock(folder.lock, import.meta.url);
      facts = await bringUp(folder, options);
      const daemons = [
        "registry",
        ...options.engines.map(engineDaemonName),
        ...(options.buildkitd ? ["buildkitd"] : []),
      ];
      writeAtomically(factsFile, JSON.stringify({ facts, daemons }));
    }
    process.stdout.write(`${JSON.stringify(facts)}\n`);
    return 0;
  } catch (error) {
    if (error instanceof StackMissingError) {
      process.stderr.write(`the test stack needs ${error.message}\n`);
      return 3;
    }
    process.stderr.write(`the test stack did not come up: ${error.message}\n`);
    return 1;
  }
}

process.exitCode = await main();
