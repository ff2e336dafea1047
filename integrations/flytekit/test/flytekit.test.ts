import { readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startRegistryServer } from "@imagespec/registry-server";
import { type RunResult, requireStack, run, temporaryFolder } from "@imagespec/test-support";
import { makeWheel, serveIndex } from "@imagespec/test-support/wheels";
import { afterAll, beforeAll, expect, test } from "vitest";

/** All of it in the lane of the package; every day the newest flytekit. */
const versions = process.env["IMAGESPEC_WHOLE"] === "1" ? (["1.16", "1.15"] as const) : (["1.16"] as const);
const patches = { "1.15": "1.15.4", "1.16": "1.16.31" } as const;
type Version = (typeof versions)[number];

const project = path.dirname(import.meta.dirname);
const script = (name: string): string => fileURLToPath(new URL(`../../../scripts/release/${name}`, import.meta.url));

interface Python {
  readonly folder: string;
  readonly variables: Readonly<Record<string, string>>;
}

const pythons = new Map<Version, Python>();
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
/** The wheel, unpacked: what pip would put into site-packages. */
let site: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  for (const version of versions) {
    const requirements = path.join(project, "requirements", `${version}.txt`);
    const { stdout } = await run(
      [process.execPath, script("python-environment.mjs"), `flytekit-${version}`, requirements],
      { timeoutMs: 600_000 },
    );
    // python-environment.mjs of the same repository writes it.
    pythons.set(version, JSON.parse(stdout) as Python);
  }
  await run([process.execPath, script("python-wheel.mjs"), folder.join("wheels")], { timeoutMs: 600_000 });
  site = folder.join("site");
  const [wheel = ""] = await readdir(folder.join("wheels"));
  await inPython("1.16", ["python", "-m", "zipfile", "-e", folder.join("wheels", wheel), site]);
}, 900_000);

afterAll(() => folder[Symbol.asyncDispose]());

function inPython(
  version: Version,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<RunResult> {
  const { folder: environment, variables } = pythons.get(version)!;
  const [program = "", ...rest] = argv;
  return run([path.join(environment, "bin", program), ...rest], {
    cwd: project,
    env: { ...variables, PYTHONPATH: site, PYTHONDONTWRITEBYTECODE: "1", NO_COLOR: "1", COLUMNS: "120", ...env },
    timeoutMs: 900_000,
    allowFailure: true,
  });
}

async function pytest(version: Version, marked: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
  const { exitCode, stdout, stderr } = await inPython(
    version,
    ["pytest", "-p", "no:cacheprovider", "-m", marked, "tests"],
    env,
  );
  expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
  expect(stdout).toMatch(/^=+ \d+ passed(, \d+ deselected)?(, \d+ warnings?)? in /m);
}

test.each([
  ["ruff", "check", "--no-cache", "."],
  ["ruff", "format", "--check", "--no-cache", "."],
  ["mypy", "--cache-dir=/dev/null", "src", "tests"],
])("%s %s finds nothing", { timeout: 300_000 }, async (...argv) => {
  const { exitCode, stdout, stderr } = await inPython("1.16", argv, { PYTHONPATH: undefined });
  expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
});

test.each(versions)("the plugin works in flytekit %s", { timeout: 600_000 }, async (version) => {
  await pytest(version, "not real");
});

test.for(versions)("flytekit %s builds the images of a workflow", { timeout: 900_000 }, async (version, context) => {
  const stack = await requireStack(context);
  await using registry = await startRegistryServer();
  const index = await serveIndex([
    makeWheel({ name: "tables", version: "2.1", files: { "tables.py": "ROWS = 20\n" } }),
    makeWheel({ name: "trees", version: "1.0", files: { "trees.py": "" }, requires: ["tables"] }),
    makeWheel({ name: "flytekit", version: patches[version], files: { "flytekit.py": "" } }),
  ]);
  try {
    await pytest(version, "real", {
      TEST_REGISTRY: registry.address,
      TEST_INDEX: index.url,
      IMAGESPEC_BUILD_ARGS: `--mirror docker.io=http://${stack.registry} --cache-dir ${folder.join(`cache-${version}`)}`,
    });
  } finally {
    await index.close();
  }
});
