// `npm run quickstart`: from a fresh clone to an image that was built, pushed, run, reused and changed.
import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { root, say } from "./run.mjs";
import { setUp } from "./setup.mjs";

const example = path.join(root, "examples", "quickstart");
const bin = path.join(root, "packages", "cli", "bin", "imagespec.js");
const started = Date.now();

await setUp();
const { startRegistryServer } = await import("../packages/registry-server/dist/index.js");

/** What went through the registry since the last look. */
const traffic = { up: 0, down: 0 };
const registry = await startRegistryServer({
  onRequest: ({ bytesIn, bytesOut }) => {
    traffic.up += bytesIn;
    traffic.down += bytesOut;
  },
});
// The example is changed below: a copy of it, never the clone.
const folder = await mkdtemp(path.join(os.tmpdir(), "imagespec-quickstart-"));
const project = path.join(folder, "quickstart");
const interruption = () => rm(folder, { recursive: true, force: true }).finally(() => process.exit(130));
process.once("SIGINT", interruption);

try {
  await cp(example, project, { recursive: true, filter: (file) => !file.includes("node_modules") });
  console.log(
    `\nA registry is up at ${registry.address}, in this process. The example is a copy of examples/quickstart:\n`,
  );
  console.log((await readFile(path.join(project, "image.yaml"), "utf8")).replace(/^/gm, "    "));

  await imagespec(["plan", "--registry", registry.address]);
  const rows = [];
  rows.push(await timed("first build", ["build", "--registry", registry.address]));
  await runImage();
  rows.push(await timed("again, unchanged", ["build", "--registry", registry.address]));
  await changeSource();
  rows.push(await timed("one line changed", ["build", "--registry", registry.address]));
  report(rows);
} finally {
  process.off("SIGINT", interruption);
  await registry.close();
  await rm(folder, { recursive: true, force: true });
}

/** Runs the command as a user would, in the copy of the example; resolves to its exit code. */
async function imagespec(args, { mayFail = false } = {}) {
  console.log(`$ npx imagespec ${args.join(" ")}`);
  const child = spawn(process.execPath, [bin, ...args], { cwd: project, stdio: "inherit" });
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode) => resolve(exitCode ?? 1));
  });
  if (code !== 0 && !mayFail) throw new Error(`imagespec ${args[0]} ended with ${code}; see above`);
  console.log("");
  return code;
}

async function timed(what, args) {
  traffic.up = 0;
  const start = performance.now();
  await imagespec(args);
  return { what, seconds: (performance.now() - start) / 1000, bytes: traffic.up };
}

/** 3: the machine offers no way of running a container, and the command has said why. */
async function runImage() {
  const code = await imagespec(["run", "--registry", registry.address], { mayFail: true });
  if (code === 0) return;
  if (code !== 3) throw new Error(`the image does not run (exit code ${code}); see above`);
  say("it cannot be run here, so its files are checked instead");
  const { RegistryClient } = await import("../packages/registry-client/dist/index.js");
  const { validateImage } = await import("../packages/test-support/dist/index.js");
  const client = new RegistryClient();
  try {
    const repository = client.repository({ registry: registry.address, repository: "quickstart/score" });
    const [tag] = await repository.tags();
    const { digest } = await repository.headManifest({ tag });
    const findings = await validateImage(repository, { digest });
    if (findings.length > 0) throw new Error(`the image is not valid: ${JSON.stringify(findings)}`);
    console.log(`every layer of ${tag} is there and as its manifest says\n`);
  } finally {
    await client.close();
  }
}

async function changeSource() {
  const file = path.join(project, "src", "score", "__main__.py");
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replace("TREES = 60", "TREES = 90"));
  console.log("A line is changed: TREES = 90 instead of 60.\n");
}

function report(rows) {
  const amount = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(0)} MB`);
  console.log(`${"".padEnd(18)}${"time".padStart(9)}${"pushed".padStart(10)}`);
  for (const { what, seconds, bytes } of rows)
    console.log(`${what.padEnd(18)}${`${seconds.toFixed(1)} s`.padStart(9)}${amount(bytes).padStart(10)}`);
  console.log(`
Everything took ${((Date.now() - started) / 1000).toFixed(0)} s. What next:

  npm run imagespec -- run examples/quickstart/image.yaml
  npm run imagespec -- explain examples/quickstart/image.yaml
  npm run imagespec -- --help

  README.md                        how it works, and how to use it in a project of yours
  docs/reference/image-spec.md     every field of a spec
`);
}
