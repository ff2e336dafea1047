import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { assemble } from "@imagespec/builder-assemble";
import { type BuildOptions, ImageBuildEngine, type ImageResult, ImageSpec } from "@imagespec/core";
import { parseImageReference } from "@imagespec/oci";
import { RegistryClient } from "@imagespec/registry-client";
import {
  checkImageContract,
  requireStack,
  type Stack,
  type StackEngineName,
  validateImage,
} from "@imagespec/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const engineName = (process.env["IMAGESPEC_STACK_ENGINE"] ?? "20.10") as StackEngineName;
const source = path.join(import.meta.dirname, "..", "src");
let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(path.join(tmpdir(), "engine-test-"));
});
afterAll(() => rm(cache, { recursive: true, force: true }));

async function build(stack: Stack, spec: ImageSpec, options: BuildOptions = {}): Promise<ImageResult> {
  const engine = new ImageBuildEngine({
    builders: [assemble()],
    // Of its own for each run: the engines' caches must be what answers, not ours.
    cacheFolder: cache,
    registryOptions: { mirrors: { "docker.io": [`http://${stack.registry}`] }, insecure: [stack.registry] },
  });
  try {
    return await engine.build(spec, { registry: stack.registry, root: path.dirname(source), ...options });
  } finally {
    await engine.close();
  }
}

/** Installed distributions as the container's own Python sees them. */
const listing =
  "import importlib.metadata as m, json; print(json.dumps(sorted(d.metadata['Name'].lower().replace('_', '-') + '==' + d.version for d in m.distributions(path=[__import__('sysconfig').get_path('purelib')]))))";

async function inspectEverywhere(
  stack: Stack,
  image: ImageResult,
  expectation: Parameters<typeof checkImageContract>[2],
): Promise<void> {
  await using client = new RegistryClient({ insecure: [stack.registry] });
  const repository = client.repository(parseImageReference(image.reference));
  const selector = { tag: image.tag };
  expect(await validateImage(repository, selector)).toEqual([]);
  expect(await checkImageContract(repository, selector, expectation)).toEqual([]);
  const inspected = JSON.parse(
    (await stack.skopeo(["inspect", "--tls-verify=false", `docker://${image.reference}`])).stdout,
  ) as { Digest: string; Architecture: string };
  expect(inspected).toMatchObject({ Digest: image.digest, Architecture: "amd64" });
  await stack.docker(["pull", "-q", image.reference], { engine: engineName });
}

function docker(stack: Stack, ...args: string[]): Promise<string> {
  return stack
    .docker(["run", "--rm", "--network=none", ...args], { engine: engineName })
    .then(({ stdout }) => stdout.trim());
}

describe(`images read by Docker Engine ${engineName}, skopeo and an independent validator`, () => {
  test("on a Debian base, without any base from a registry", async (context) => {
    const stack = await requireStack(context, { engines: [engineName] });
    const spec = new ImageSpec({
      name: "engine/debian",
      pythonVersion: "3.13",
      baseImage: { debian: "trixie" },
      packages: ["numpy", "requests", "attrs"],
      sourceRoot: "src",
      env: { GREETING: 'a "quoted" $value' },
    });
    const image = await build(stack, spec);
    await inspectEverywhere(stack, image, { pythonVersion: "3.13", env: { GREETING: 'a "quoted" $value' } });
    expect(await docker(stack, image.reference, "python", "-m", "train")).toContain("requests");
    expect(
      await docker(
        stack,
        image.reference,
        "python",
        "-c",
        "import os, numpy; print(os.getuid(), os.environ['GREETING'], numpy.arange(3).sum())",
      ),
    ).toBe('65532 a "quoted" $value 3');
    const installed = JSON.parse(await docker(stack, image.reference, "python", "-c", listing)) as string[];
    expect(installed.map((entry) => entry.split("==")[0])).toEqual(
      expect.arrayContaining(["attrs", "certifi", "numpy", "requests", "urllib3"]),
    );
    expect(
      await docker(
        stack,
        "--read-only",
        image.reference,
        "python",
        "-c",
        "import ssl, sqlite3, ctypes, lzma; print('ok')",
      ),
    ).toBe("ok");
  });

  test("on an official-like python image of a registry; uv finds the environment sound", async (context) => {
    const stack = await requireStack(context, { engines: [engineName] });
    const spec = new ImageSpec({
      name: "engine/python",
      pythonVersion: "3.12",
      packages: ["uv", "requests[socks]", "pandas"],
      entrypoint: ["python", "-c"],
      cmd: ["print('hello')"],
    });
    const image = await build(stack, spec);
    await inspectEverywhere(stack, image, {
      pythonVersion: "3.12",
      entrypoint: ["python", "-c"],
      cmd: ["print('hello')"],
    });
    expect(await docker(stack, image.reference)).toBe("hello");
    expect(await docker(stack, image.reference, "import pandas, socks; print(pandas.Series([1, 2]).sum())")).toBe("3");
    // uv itself is one of the packages: its binary came out of a wheel's scripts.
    const check = await stack.docker(
      [
        "run",
        "--rm",
        "--network=none",
        "--entrypoint",
        "uv",
        image.reference,
        "pip",
        "check",
        "--python",
        "/opt/venv/bin/python",
      ],
      { engine: engineName },
    );
    expect(check.stderr + check.stdout).toMatch(/All installed packages are compatible/);
  });

  test("loaded into the engine and as an archive, without a registry", async (context) => {
    const stack = await requireStack(context, { engines: [engineName] });
    const spec = new ImageSpec({
      name: "engine/loaded",
      pythonVersion: "3.13",
      baseImage: { debian: "trixie" },
      packages: ["attrs"],
    });
    const { dockerHost } = stack.engines[engineName] ?? { dockerHost: stack.dockerHost };
    const loaded = await build(stack, spec, { registry: undefined, output: { kind: "engine", host: dockerHost } });
    expect(await docker(stack, loaded.reference, "python", "-c", "import attr; print('in')")).toBe("in");
    const archive = path.join(cache, "image.tar");
    await build(stack, spec.withEnv({ ARCHIVE: "1" }), {
      registry: undefined,
      output: { kind: "docker-archive", path: archive },
    });
    const { stdout } = await stack.docker(["load", "-i", archive], { engine: engineName });
    const reference = /Loaded image: (\S+)/.exec(stdout)?.[1] ?? "";
    expect(await docker(stack, reference, "python", "-c", "import os; print(os.environ['ARCHIVE'])")).toBe("1");
  });
});
