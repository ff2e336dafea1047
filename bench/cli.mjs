// The command's start beside an empty Node's, and where a BuildKit daemon is at hand beside `buildctl` with nothing to do.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
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
const daemon = buildkit();
if (daemon !== undefined) cases.push(await besideBuildctl(daemon));
try {
  await compare("cli", cases);
} finally {
  await project.remove();
}

/** The daemon of `BUILDKIT_HOST`, else that of a test stack that is up. */
function buildkit() {
  const { BUILDKIT_HOST: address, IMAGESPEC_STACK_DIR: stack } = process.env;
  if (address !== undefined) return { address, buildctl: "buildctl" };
  const run = path.join(stack ?? path.join(tmpdir(), `imagespec-stack-${process.getuid?.()}`), "run");
  const files = existsSync(run) ? readdirSync(run).filter((file) => file.endsWith(".facts")) : [];
  const found = files.map((file) => JSON.parse(readFileSync(path.join(run, file), "utf8")).facts.buildkit);
  return found.find((facts) => facts !== undefined && existsSync(facts.address.replace("unix://", "")));
}

/** The same question put to BuildKit: a Dockerfile that copies the same source, and that its cache has. */
async function besideBuildctl({ address, buildctl }) {
  writeFileSync(path.join(project.root, "Dockerfile"), "FROM scratch\nCOPY src /\n");
  const local = ["--local", `context=${project.root}`, "--local", `dockerfile=${project.root}`];
  const peer = async () => time(buildctl, ["--addr", address, "build", "--frontend", "dockerfile.v0", ...local]);
  await peer();
  const starts = [];
  for (let run = 0; run < 9; run++) starts.push(await empty());
  // A command that is no daemon's client has to start, which an empty Node does as well.
  const limit = 60 + starts.sort((a, b) => a - b)[4];
  return { case: "unchanged-buildctl", unit: "ms", runs: 15, ours: unchanged, peer, limit };
}
