// Runs the official conformance programme of the OCI distribution specification against @imagespec/registry-server.
//
//   node scripts/lanes/oci-conformance.mjs [--keep]      --keep leaves the reports and prints where they are

import { execFile, spawn } from "node:child_process";
import { access, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../..", import.meta.url));
const programme = "github.com/opencontainers/distribution-spec/conformance";
const version = "v0.0.0-20260831232431-97274622c111";
const credentials = { user: "conformance", password: "a long-winded password" };

/** Every optional rule is on. Sparse images are an option of the registry, because most people want a broken push refused. */
const rules = {
  OCI_TLS: "disabled",
  OCI_API_BLOBS_DIGEST_HEADER: "true",
  OCI_API_BLOBS_UPLOAD_CANCEL: "true",
  OCI_API_MANIFESTS_DIGEST_HEADER: "true",
  OCI_API_MANIFESTS_TAG_PARAM: "true",
  OCI_DATA_SPARSE: "true",
};

const modes = [
  { name: "memory", options: () => ({}) },
  { name: "folder", options: (folder) => ({ root: folder }) },
  {
    name: "folder with token authentication",
    options: (folder) => ({
      root: folder,
      auth: { scheme: "token", users: { [credentials.user]: credentials.password } },
    }),
    env: { OCI_USERNAME: credentials.user, OCI_PASSWORD: credentials.password },
  },
];

async function main() {
  const binary = await installedProgramme();
  if (binary === undefined) {
    const what = `Go is missing: it builds the conformance programme (${programme})`;
    console.log(process.env.CI === "true" ? `failed: ${what}` : `skipped: ${what}`);
    return process.env.CI === "true" ? { passed: 0, failed: 1, skipped: 0 } : { passed: 0, failed: 0, skipped: 1 };
  }
  await build();
  const { startRegistryServer } = await import(
    pathToFileURL(join(repository, "packages/registry-server/dist/index.js")).href
  );

  const total = { passed: 0, failed: 0, skipped: 0 };
  const temporary = await mkdtemp(join(tmpdir(), "imagespec-conformance-"));
  try {
    for (const mode of modes) {
      const folder = join(temporary, mode.name.replaceAll(" ", "-"));
      const failures = [];
      const registry = await startRegistryServer({
        ...mode.options(join(folder, "registry")),
        sparseImage: true,
        onRequest: ({ method, path, status, error }) => {
          if (status >= 500) failures.push(`${method} ${path} was answered by ${status}: ${error}`);
        },
      });
      const results = join(folder, "results");
      await mkdir(results, { recursive: true });
      try {
        await runProgramme(binary, { OCI_REGISTRY: registry.address, OCI_RESULTS_DIR: results, ...rules, ...mode.env });
      } finally {
        await registry.close();
      }
      const counts = await countTests(join(results, "junit.xml"));
      for (const line of [...counts.problems, ...failures]) console.log(`  ${line}`);
      counts.failed += failures.length;
      console.log(`${mode.name}: ${format(counts)}`);
      for (const key of Object.keys(total)) total[key] += counts[key];
    }
  } finally {
    if (process.argv.includes("--keep")) console.log(`reports: ${temporary}`);
    else await rm(temporary, { recursive: true, force: true });
  }
  return total;
}

async function build() {
  const { packageManager } = JSON.parse(await readFile(join(repository, "package.json"), "utf8"));
  // turbo calls the package manager by name, which is on the path only inside of "exec".
  const turbo = ["exec", "turbo", "run", "build", "--filter=@imagespec/registry-server"];
  await run("npx", ["-y", packageManager, ...turbo], { cwd: repository });
}

/** The programme, built once per version into the user's cache folder. `undefined`: there is no Go. */
async function installedProgramme() {
  const cache = join(homedir(), ".cache");
  const folder = join(cache, "imagespec-dev", `oci-conformance-${version}`);
  const binary = join(folder, process.platform === "win32" ? "conformance.exe" : "conformance");
  if (await exists(binary)) return binary;
  try {
    await run("go", ["version"]);
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
  console.log(`building ${programme}@${version}`);
  await mkdir(join(cache, "imagespec-dev"), { recursive: true });
  // Two lanes may start at the same time: each builds its own and the last rename wins.
  const building = await mkdtemp(join(cache, "imagespec-dev", "building-"));
  try {
    await run("go", ["install", `${programme}@${version}`], {
      cwd: building,
      env: { ...process.env, GOBIN: building, GOFLAGS: "" },
    });
    await mkdir(folder, { recursive: true });
    await rename(join(building, binary.slice(folder.length + 1)), binary);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return binary;
}

/** Its exit code says whether all passed; the counts in the report say more. */
function runProgramme(binary, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, [], { cwd: env.OCI_RESULTS_DIR, env: { ...process.env, ...env }, stdio: "ignore" });
    child.on("error", reject);
    child.on("exit", resolve);
  });
}

async function countTests(report) {
  const xml = await readFile(report, "utf8");
  const counts = { passed: 0, failed: 0, skipped: 0, problems: [] };
  for (const [, attributes, body = ""] of xml.matchAll(/<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)) {
    const status = /\bstatus="([^"]*)"/.exec(attributes)?.[1] ?? "unknown";
    const name = /\bname="([^"]*)"/.exec(attributes)?.[1] ?? "unnamed";
    if (status === "passed") counts.passed++;
    else if (status === "skipped") counts.skipped++;
    else counts.failed++;
    const output = /<system-out>([\s\S]*?)<\/system-out>/.exec(body)?.[1] ?? "";
    if (status !== "passed") counts.problems.push(`${status}: ${name}${output === "" ? "" : `: ${output.trim()}`}`);
  }
  // A report without tests means that the programme ended before it began.
  if (counts.passed + counts.failed + counts.skipped === 0) counts.failed = 1;
  return counts;
}

async function exists(path) {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

function format({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

const total = await main();
console.log(format(total));
process.exitCode = total.failed === 0 ? 0 : 1;
