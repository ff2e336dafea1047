import { join } from "node:path";
import { ImageBuildEngine, ImageSpec, type ImageSpecInput } from "@imagespec/core";
import { openLocalImageStore } from "@imagespec/image-store";
import { requireStack, servePythonMirror, temporaryFolder } from "@imagespec/test-support";
import { makeWheel, serveIndex } from "@imagespec/test-support/wheels";
import { afterEach, expect, test, vi } from "vitest";
import { assemble } from "../src/index.ts";

const wheel = makeWheel({ name: "alpha", version: "1.0" });
const program = "import alpha, sys; print(sys.version_info[:2], sys.prefix, sys.base_prefix, alpha.__version__)";

afterEach(() => vi.unstubAllEnvs());

test("a Python that the base lacks becomes a layer, runs, and is made once", async (context) => {
  const stack = await requireStack(context);
  await using folder = await temporaryFolder();
  await using mirror = await servePythonMirror({ minors: ["3.13"] });
  await using index = await serveIndex([wheel]);
  vi.stubEnv("UV_PYTHON_DOWNLOADS_JSON_URL", mirror.downloads);
  const cacheFolder = join(folder.path, "cache");
  const store = await openLocalImageStore(cacheFolder);
  await using engine = new ImageBuildEngine({ builders: [assemble()], store, cacheFolder });
  const build = (name: string, input: ImageSpecInput) =>
    engine.build(
      new ImageSpec({
        name,
        pythonVersion: "3.13",
        packages: ["alpha"],
        pipIndex: index.url,
        entrypoint: ["python", "-c", program],
        ...input,
      }),
      { root: folder.path, registry: stack.registry },
    );
  const expected = "(3, 13) /opt/venv /opt/python/3.13 1.0\n";

  // The base has no Python at all; then it has another one.
  const bare = await build("acme/bare", { baseImage: `${stack.registry}/library/debian:bookworm-slim` });
  expect((await stack.docker(["run", "--rm", bare.reference])).stdout).toBe(expected);
  const other = await build("acme/other", { baseImage: `${stack.registry}/library/python:3.12-slim` });
  expect((await stack.docker(["run", "--rm", other.reference])).stdout).toBe(expected);
  expect(other.layers?.built).toBeLessThanOrEqual(1);
});

test("one that nobody offers is refused by its field", async (context) => {
  const stack = await requireStack(context);
  await using folder = await temporaryFolder();
  await using mirror = await servePythonMirror({ minors: ["3.13"] });
  vi.stubEnv("UV_PYTHON_DOWNLOADS_JSON_URL", mirror.downloads);
  const store = await openLocalImageStore(folder.path);
  await using engine = new ImageBuildEngine({ builders: [assemble()], store, cacheFolder: folder.path });
  const spec = new ImageSpec({
    name: "acme/none",
    pythonVersion: "3.11",
    baseImage: `${stack.registry}/library/debian:bookworm-slim`,
  });
  await expect(engine.build(spec, { root: folder.path, registry: stack.registry })).rejects.toMatchObject({
    code: "BASE_UNSUPPORTED",
    message: expect.stringContaining('there is no standalone Python "3.11" for linux/amd64 with glibc'),
    problems: [{ path: "pythonVersion" }],
  });
});
