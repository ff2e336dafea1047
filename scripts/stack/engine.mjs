import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { unpackPackages } from "./apt.mjs";
import { StackMissingError, say } from "./command.mjs";
import { ensureDaemon, stopLeftovers } from "./daemon.mjs";
import { answers, ask } from "./http.mjs";
import { unmountBelow } from "./mounts.mjs";
import { bridgeAddress, defaultMtu, ensureBridge } from "./network.mjs";

/** Docker Engines that can run side by side. 20.10 is this Debian's own; the others come from newer suites. */
export const engines = {
  "20.10": { id: "2010", store: "graphdriver" },
  26.1: { id: "261", store: "graphdriver", suite: "trixie" },
  28.5: { id: "285", store: "graphdriver", suite: "forky" },
  "28.5-containerd": {
    id: "285c",
    store: "containerd",
    suite: "forky",
    options: ["--feature", "containerd-snapshotter=true"],
  },
};

/** This suite's runc serves all: the newer ones want a newer libc. */
const unpacked = ["docker.io", "containerd", "docker-cli", "docker-buildx"];

const paths = (folder, name) => {
  const home = path.join(folder.root, "e", engines[name].id);
  return { home, socket: path.join(home, "docker.sock"), config: path.join(home, "daemon.json") };
};

export const engineDaemonName = (name) => `engine-${name}`;

/** The parts of an engine that must be on disk before it can start. */
async function engineTree(folder, name) {
  const { suite } = engines[name];
  return suite === undefined ? "/" : unpackPackages(folder, suite, unpacked);
}

/** Starts an engine if it does not run. Its hub mirror is the stack's registry, so `FROM python:3.12-slim` needs no hub. */
export async function ensureEngine(folder, state, name, registry) {
  const { id, options = [], suite } = engines[name];
  const { home, socket, config } = paths(folder, name);
  const tree = await engineTree(folder, name);
  const dockerd = path.join(tree, "usr/sbin/dockerd");
  if (!existsSync(dockerd)) throw new StackMissingError(`"${dockerd}", which the package docker.io should have`);
  state.mtu ??= await defaultMtu();
  const bridge = await ensureBridgeOnce(folder, state, id);
  const started = await ensureDaemon(folder, {
    name: engineDaemonName(name),
    argv: [
      ...[dockerd, `--config-file=${config}`, `--data-root=${path.join(home, "data")}`],
      ...[`--exec-root=${path.join(home, "x")}`, `--pidfile=${path.join(home, "pid")}`, "-H", `unix://${socket}`],
      ...[`--bridge=${bridge}`, "--iptables=false", "--ip6tables=false", `--mtu=${state.mtu}`],
      ...[`--registry-mirror=http://${registry}`, "--shutdown-timeout=2", ...options],
    ],
    env: { PATH: [path.join(tree, "usr/sbin"), path.join(tree, "usr/bin"), "/usr/sbin:/usr/bin:/sbin:/bin"].join(":") },
    ready: () => answers({ socketPath: socket, path: "/_ping" }),
    async beforeStart() {
      await stopLeftovers(home);
      unmountBelow(home);
      for (const file of ["docker.sock", "pid", "x"]) {
        rmSync(path.join(home, file), { recursive: true, force: true });
      }
      mkdirSync(home, { recursive: true });
      writeFileSync(config, "{}\n");
    },
  });
  const version = JSON.parse((await ask({ socketPath: socket, path: "/version" })).body.toString());
  if (!version.Version.startsWith(name.split("-")[0])) {
    throw new StackMissingError(`Engine ${name}: Debian ${suite ?? "bookworm"} now has ${version.Version}`);
  }
  if (started) say(`Engine ${version.Version} (API ${version.ApiVersion}) on ${socket}`);
  if (suite !== undefined) linkBuildx(folder, tree);
  return {
    dockerHost: `unix://${socket}`,
    version: version.Version,
    apiVersion: version.ApiVersion,
    store: engines[name].store,
    docker: path.join(tree, "usr/bin/docker"),
    hostAddress: bridgeAddress(state, id),
  };
}

/** The bridge of an engine is looked at again only when the machine's network namespace no longer has it. */
async function ensureBridgeOnce(folder, state, id) {
  const known = state.bridges?.[id];
  if (known !== undefined && existsSync(`/sys/class/net/${known}`)) return known;
  const bridge = await ensureBridge(folder, state, id);
  state.bridges = { ...state.bridges, [id]: bridge };
  return bridge;
}

/** The newest buildx at hand becomes a plugin of every docker client that uses the stack's configuration. */
function linkBuildx(folder, tree) {
  const plugin = path.join(folder.dockerConfig, "cli-plugins", "docker-buildx");
  const target = path.join(tree, "usr/libexec/docker/cli-plugins/docker-buildx");
  mkdirSync(path.dirname(plugin), { recursive: true });
  rmSync(plugin, { force: true });
  symlinkSync(target, plugin);
}
