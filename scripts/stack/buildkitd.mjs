import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { run, StackMissingError, say, succeeds } from "./command.mjs";
import { ensureDaemon, stopLeftovers } from "./daemon.mjs";
import { unmountBelow } from "./mounts.mjs";
import { bridgeAddress, defaultMtu, ensureBridge } from "./network.mjs";
import { taggedDigest } from "./registry.mjs";

const version = "v0.34.2";
const module = "github.com/moby/buildkit";
const programs = ["frontend/dockerfile/cmd/dockerfile-frontend", "cmd/buildctl", "cmd/buildkitd"];

/** Builds BuildKit from its Go module; cold this takes some minutes. */
async function buildkitBinaries(folder) {
  const target = path.join(folder.cache, `buildkit-${version}`);
  if (existsSync(path.join(target, "buildkitd"))) return target;
  if (!(await succeeds(["go", "version"]))) throw new StackMissingError("Go, which builds buildkitd");
  say(`go build buildkit ${version} (cold: about 4 minutes)`);
  const source = path.join(folder.work, "buildkit");
  rmSync(source, { recursive: true, force: true });
  mkdirSync(source, { recursive: true });
  const env = { CGO_ENABLED: "0", GOFLAGS: "" };
  // `go install module@version` refuses a module with exclude directives; requiring it from a module of one's own does not.
  await run(["go", "mod", "init", "stack/buildkit"], { cwd: source, env });
  await run(["go", "get", "-tool", ...programs.map((program) => `${module}/${program}@${version}`)], {
    cwd: source,
    env,
  });
  const partial = `${target}.${process.pid}.partial`;
  mkdirSync(partial, { recursive: true });
  for (const program of programs) {
    const flags = ["-trimpath", `-ldflags=-s -w -X ${module}/version.Version=${version}`];
    const output = path.join(partial, path.basename(program));
    await run(["go", "build", ...flags, "-o", output, `${module}/${program}`], { cwd: source, env });
  }
  rmSync(target, { recursive: true, force: true });
  renameSync(partial, target);
  rmSync(source, { recursive: true, force: true });
  return target;
}

/** A buildkitd of its own whose hub mirror is the stack's registry, and the Dockerfile frontend as `docker/dockerfile:1`. */
export async function ensureBuildkitd(folder, state, registry) {
  const binaries = await buildkitBinaries(folder);
  const home = path.join(folder.root, "e", "bk");
  const address = `unix://${path.join(home, "buildkitd.sock")}`;
  const config = path.join(home, "buildkitd.toml");
  const buildctl = path.join(binaries, "buildctl");
  const started = await ensureDaemon(folder, {
    name: "buildkitd",
    argv: [path.join(binaries, "buildkitd"), "--config", config, "--addr", address],
    env: { PATH: `${binaries}:/usr/sbin:/usr/bin:/sbin:/bin` },
    ready: () => succeeds([buildctl, "--addr", address, "debug", "workers"]),
    async beforeStart() {
      await stopLeftovers(home);
      unmountBelow(home);
      mkdirSync(home, { recursive: true });
      const bridge = await ensureBridge(folder, state, "bk");
      state.mtu ??= await defaultMtu();
      const conflist = path.join(home, "cni.conflist");
      writeFileSync(conflist, JSON.stringify(cniNetwork(bridge, state, path.join(home, "ipam"))));
      writeFileSync(config, buildkitdConfig(path.join(home, "root"), conflist, registry));
    },
  });
  if (started) say(`buildkitd ${version} on ${address}`);
  if ((await taggedDigest(registry, "docker/dockerfile", "1")) === undefined) {
    const context = path.join(home, "frontend");
    mkdirSync(context, { recursive: true });
    copyFileSync(path.join(binaries, "dockerfile-frontend"), path.join(context, "dockerfile-frontend"));
    const dockerfile = 'FROM scratch\nCOPY dockerfile-frontend /bin/\nENTRYPOINT ["/bin/dockerfile-frontend"]\n';
    writeFileSync(path.join(context, "Dockerfile"), dockerfile);
    await run([
      ...[buildctl, "--addr", address, "build", "--frontend", "dockerfile.v0"],
      ...["--local", `context=${context}`, "--local", `dockerfile=${context}`],
      ...["--output", `type=image,name=${registry}/docker/dockerfile:1,push=true`],
    ]);
    rmSync(context, { recursive: true });
  }
  return { address, buildctl, version, hostAddress: bridgeAddress(state, "bk") };
}

function cniNetwork(bridge, state, dataDir) {
  const subnet = `${state.subnets.bk}.0/24`;
  const ipam = { type: "host-local", dataDir, ranges: [[{ subnet }]], routes: [{ dst: "0.0.0.0/0" }] };
  // Masquerading and forwarding are rules of the bridge already.
  const plugin = { type: "bridge", bridge, isGateway: true, ipMasq: false, mtu: state.mtu, ipam };
  return { cniVersion: "0.4.0", name: "imagespec", plugins: [plugin] };
}

function buildkitdConfig(root, conflist, registry) {
  return `root = "${root}"
[worker.oci]
  enabled = true
  binary = "runc"
  networkMode = "cni"
  cniConfigPath = "${conflist}"
  cniBinaryPath = "/usr/lib/cni"
[worker.containerd]
  enabled = false
[registry."docker.io"]
  mirrors = ["${registry}"]
[registry."${registry}"]
  http = true
`;
}
