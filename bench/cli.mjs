// The command's start beside an empty Node's, and where a BuildKit daemon is at hand beside `buildctl` with nothing to do.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { compare } from "./_compare.mjs";
import { prepareUnchanged } from "./_unchanged.mjs";

const command = path.join(import.meta.dirname, "..", "packages", "cli", "bin", "imagespec.js");

// The same for both sides, and without what makes an empty Node slow too: reading certificates takes longer than starting.
const { NODE_EXTRA_CA_CERTS: _certificates, NODE_OPTIONS: _options, ...environment } = process.env;

function time(program, args, { cwd, env = {} } = {}) {
  const start = performance.now();
  const options = { encoding: "utf8", cwd, env: { ...environment, ...env } };
  const { status, stderr, error } = spawnSync(program, args, options);
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}: ${error?.message ?? stderr}`);
  return performance.now() - start;
}

const empty = async () => time(process.execPath, ["-e", "0"]);
const project = await prepareUnchanged(command);
const unchanged = async () =>
  time(process.execPath, [command, "build"], { cwd: project.root, env: project.environment });
const cases = [
  { case: "help", unit: "ms", runs: 15, ours: async () => time(process.execPath, [command, "--help"]), peer: empty },
  {
    case: "version",
    unit: "ms",
    runs: 15,
    ours: async () => time(process.execPath, [command, "--version"]),
    peer: empty,
  },
  { case: "unchanged", unit: "ms", runs: 15, ours: unchanged, peer: empty },
];
if (process.env.BUILDKIT_HOST !== undefined) cases.push(besideBuildctl());
try {
  await compare("cli", cases);
} finally {
  await project.remove();
}

/** The same question put to BuildKit: a Dockerfile that copies the same source, and that its cache has. */
function besideBuildctl() {
  writeFileSync(path.join(project.root, "Dockerfile"), "FROM scratch\nCOPY src /\n");
  const local = ["--local", `context=${project.root}`, "--local", `dockerfile=${project.root}`];
  const peer = async () => time("buildctl", ["build", "--frontend", "dockerfile.v0", ...local]);
  return { case: "unchanged-buildctl", unit: "ms", runs: 15, ours: unchanged, peer, limit: 0 };
}
