import { join } from "node:path";
import { ImageBuildEngine, ImageSpec } from "@imagespec/core";
import { enginesUnderTest, ensureCudaStandIn, serveCondaChannel, servePythonMirror } from "@imagespec/test-support";
import { afterEach, describe, expect, test, vi } from "vitest";
import { buildkit } from "../../src/index.ts";
import { testBench } from "./support/test-bench.ts";

const { daemons, slow } = enginesUnderTest();
const timeout = 600_000;

afterEach(() => void vi.unstubAllEnvs());

describe.skipIf(!slow).each(daemons)("%s", (daemon) => {
  test("conda packages, and Python packages that see them", { timeout }, async (context) => {
    await using bench = await testBench(context, daemon);
    await using channel = await serveCondaChannel();
    await using reachable = await bench.stack.expose(channel.url, daemon);
    const built = await bench.build({
      name: bench.newName(),
      baseImage: bench.base,
      condaChannels: [reachable.url],
      condaPackages: ["greeter"],
      // From PyPI, which also has the solver.
      packages: ["six"],
      entrypoint: ["python", "-c", "import greeter, six, sys; print(sys.prefix); greeter.main()"],
    });
    expect(await bench.run(built.reference)).toMatch(/^\/opt\/venv\ngreeter 1\.1: hello from \/opt\/conda/);
  });

  test("another Python than the base's", { timeout }, async (context) => {
    await using bench = await testBench(context, daemon);
    await using mirror = await servePythonMirror({ minors: ["3.13"] });
    await using reachable = await bench.stack.expose(mirror.downloads, daemon);
    vi.stubEnv("UV_PYTHON_DOWNLOADS_JSON_URL", reachable.url);
    const built = await bench.build({
      name: bench.newName(),
      baseImage: bench.base,
      pythonVersion: "3.13",
      packages: ["alpha"],
      pipIndex: bench.index,
      entrypoint: ["python", "-c", "import alpha, sys; print(sys.version_info[:2], sys.prefix)"],
    });
    expect(await bench.run(built.reference)).toBe("(3, 13) /opt/venv\n");
  });

  test("CUDA: the base is chosen by the table, by digest", { timeout }, async (context) => {
    await using bench = await testBench(context, daemon);
    await ensureCudaStandIn(bench.stack);
    await using mirror = await servePythonMirror({ minors: ["3.12"] });
    await using reachable = await bench.stack.expose(mirror.downloads, daemon);
    vi.stubEnv("UV_PYTHON_DOWNLOADS_JSON_URL", reachable.url);
    const built = await bench.build({
      name: bench.newName(),
      pythonVersion: "3.12",
      cuda: "12.4",
      packages: ["alpha"],
      pipIndex: bench.index,
      entrypoint: ["python", "-c", "import alpha, os; print(os.environ['CUDA_VERSION'])"],
    });
    expect(await bench.run(built.reference)).toBe("12.4.1\n");
    const steps = bench.events.flatMap((event) => (event.type === "step" ? [event.name, event.detail ?? ""] : []));
    expect(steps.join("\n")).toContain("nvidia/cuda:12.4.1-runtime-ubuntu22.04");
    expect(steps.join("\n")).not.toContain("library/python");
  });

  test("a lock pins what is built", { timeout }, async (context) => {
    await using bench = await testBench(context, daemon);
    const { base, index, root, stack } = bench;
    const spec = new ImageSpec({ name: bench.newName(), baseImage: base, packages: ["alpha"], pipIndex: index });
    const [lock] = await bench.engine.lock(spec, { root });
    expect(lock).toMatchObject({ status: "created", python: "3.12.1", floating: [] });
    const built = await bench.engine.build(spec, { root, registry: stack.registry, locked: true });
    expect(built.tag).toMatch(/^v1-/);
  });
});

describe("pool", () => {
  const daemon = daemons[0] ?? "20.10";

  test("a daemon that is down is passed over, and builds end on one that answers", async (context) => {
    await using bench = await testBench(context, daemon);
    const dead = `unix://${join(bench.folder, "dead.sock")}`;
    await using engine = new ImageBuildEngine({
      builders: [buildkit({ hosts: [dead, bench.host] })],
      registryClient: bench.client,
      cacheFolder: join(bench.folder, "cache"),
    });
    const name = bench.newName();
    const specs = Array.from(
      { length: 4 },
      (_, index) => new ImageSpec({ name, baseImage: bench.base, env: { N: `${index}` } }),
    );
    const results = await engine.buildAll(specs, { root: bench.root, registry: bench.stack.registry });
    expect(results).toMatchObject(specs.map(() => ({ action: "built" })));
  });

  test("when none answers, the builder says so", async (context) => {
    await using bench = await testBench(context, daemon);
    const hosts = ["one", "two"].map((name) => `unix://${join(bench.folder, `${name}.sock`)}`);
    await using engine = new ImageBuildEngine({
      builders: [buildkit({ hosts })],
      registryClient: bench.client,
      cacheFolder: join(bench.folder, "cache"),
    });
    const spec = new ImageSpec({ name: "acme/none", baseImage: bench.base });
    const building = engine.build(spec, { root: bench.root, registry: bench.stack.registry });
    await expect(building).rejects.toMatchObject({ code: "NO_BUILDER", message: expect.stringContaining("two.sock") });
  });
});
