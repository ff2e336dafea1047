import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { enginesUnderTest, requireStack, run, type StackEngineName, temporaryFolder } from "@imagespec/test-support";
import { makeWheel, serveIndex } from "@imagespec/test-support/wheels";
import { test as anyTest, expect } from "vitest";
import { specPlace } from "../src/testing/spec-place.ts";
import { buildPlan } from "./support/build-plan.ts";
import { pythonTree } from "./support/python-tree.ts";
import { planFor } from "./support/scene.ts";
import { serveFolder } from "./support/serve-folder.ts";

const engine: StackEngineName = "28.5-containerd";
// Each takes a minute: where more than the default engine is tested.
const test = anyTest.runIf(enginesUnderTest().engines.includes(engine));
const timeout = 600_000;
const wheels = [makeWheel({ name: "plain", version: "1.0" })];

test("Python by uv, on a base without one", { timeout }, async (context) => {
  const stack = await requireStack(context, { engines: [engine] });
  await using folder = await temporaryFolder();
  // What python-build-standalone publishes has this layout.
  const tree = await pythonTree(stack, engine, "python:3.12-slim", path.join(folder.path, "image"));
  await mkdir(path.join(folder.path, "pack"));
  await rename(tree, path.join(folder.path, "pack/python"));
  const archive = path.join(folder.path, "cpython.tar.gz");
  await run(["tar", "-czf", archive, "-C", path.join(folder.path, "pack"), "python"]);
  await using server = await serveFolder(folder.path);
  await using exposed = await stack.expose(server.url, engine);
  const download = {
    name: "cpython",
    arch: { family: "x86_64", variant: null },
    os: "linux",
    libc: "gnu",
    major: 3,
    minor: 12,
    patch: 1,
    prerelease: "",
    url: `${exposed.url}/cpython.tar.gz`,
    sha256: createHash("sha256")
      .update(await readFile(archive))
      .digest("hex"),
    variant: null,
    build: "20240101",
  };
  await writeFile(
    path.join(folder.path, "downloads.json"),
    JSON.stringify({ "cpython-3.12.1-linux-x86_64-gnu": download }),
  );
  await using index = await serveIndex(wheels);
  await using reachable = await stack.expose(index.url, engine);
  await using place = await specPlace();
  const { plan, base } = await planFor(
    stack,
    engine,
    place,
    {
      baseImage: "debian:bookworm-slim",
      pythonVersion: "3.12",
      packages: ["plain"],
      pipIndex: reachable.url,
      bytecode: true,
    },
    { machineSecrets: true },
  );
  expect(base?.facts.python).toBeUndefined();
  const image = await buildPlan(stack, engine, plan, {
    secrets: { _imagespec_uv: `python-downloads-json-url = "${exposed.url}/downloads.json"\n` },
  });
  expect(await image.violations({ pythonVersion: "3.12", distributions: { plain: "1.0" }, bytecode: true })).toEqual(
    [],
  );
  expect(
    await image.sh(
      "python -c 'import plain, sys, ssl; print(sys.base_prefix, sys.version_info[:2])'; ls -A /opt/python",
    ),
  ).toMatch(/^\/opt\/python\/3\.12 \(3, 12\)\n3\.12\n(cpython-3\.12[^\n]*\n)+$/);
});

test("a conda environment with packages of the index on top", { timeout }, async (context) => {
  const stack = await requireStack(context, { engines: [engine] });
  await using folder = await temporaryFolder();
  const tree = await pythonTree(stack, engine, "python:3.12-slim", path.join(folder.path, "image"));
  const script = path.join(import.meta.dirname, "support/conda-channel.py");
  await run(["python3", script, path.join(folder.path, "channel"), tree, "3.12"]);
  await using server = await serveFolder(path.join(folder.path, "channel"));
  await using exposed = await stack.expose(server.url, engine);
  await using index = await serveIndex(wheels);
  await using reachable = await stack.expose(index.url, engine);
  await using place = await specPlace();
  const { plan } = await planFor(stack, engine, place, {
    baseImage: "python:3.12-slim",
    condaPackages: ["conda-tool>=0.5"],
    condaChannels: [exposed.url],
    packages: [`plain @ ${reachable.url.replace("/simple", "/files/plain-1.0-py3-none-any.whl")}`],
    commands: ["python -c 'import from_conda, plain'"],
  });
  const image = await buildPlan(stack, engine, plan);
  expect(await image.violations({ pythonVersion: "3.12", distributions: { plain: "1.0" } })).toEqual([]);
  expect(
    await image.sh("conda-tool; python -c 'import from_conda, plain, sys; print(from_conda.where, sys.base_prefix)'"),
  ).toBe("a tool of conda\nconda /opt/conda\n");
  expect(image.log).toContain("conda-tool 1.0");
});

test("the base's own interpreter and what it has", { timeout }, async (context) => {
  const stack = await requireStack(context, { engines: [engine] });
  await using index = await serveIndex([
    ...wheels,
    makeWheel({ name: "there", version: "2.0" }),
    makeWheel({ name: "there", version: "1.0" }),
  ]);
  await using exposed = await stack.expose(index.url, engine);
  await using place = await specPlace();
  const name = `localhost:1/dockerfile-exec:${Date.now()}`;
  const text = `FROM python:3.12-slim\nRUN pip install --no-index --no-deps ${"plain"} || true\nRUN d=$(python -c 'import site; print(site.getsitepackages()[0])') && mkdir $d/there-1.0.dist-info && printf 'Metadata-Version: 2.1\\nName: there\\nVersion: 1.0\\n' > $d/there-1.0.dist-info/METADATA && echo 'x = 1' > $d/there.py\n`;
  await stack.docker(["build", "-t", name, "-"], { engine, input: text, env: { DOCKER_BUILDKIT: "1" } });
  const { plan, base } = await planFor(stack, engine, place, {
    baseImage: name,
    pythonExec: "/usr/local/bin/python3",
    packages: ["plain", "there"],
    pipIndex: exposed.url,
  });
  expect(base?.facts.python?.path).toBe("/usr/local/bin/python3");
  expect(base?.facts.pythonDistributions).toMatchObject({ there: "1.0" });
  const image = await buildPlan(stack, engine, plan);
  expect(await image.violations({ distributions: { plain: "1.0" } })).toEqual([]);
  expect(await image.sh("python -c 'import plain, there; print(there.__file__)'")).toContain(
    "/usr/local/lib/python3.12/site-packages",
  );
});
