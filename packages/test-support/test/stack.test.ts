import { expect, test } from "vitest";
import { layerFiles, requireStack, type StackPython, temporaryFolder, validateImage } from "../src/index.ts";
import { layoutSource } from "./layout-source.ts";

const pythons: readonly StackPython[] = ["3.12", "3.13"];

test.for(pythons)("python:%s-slim runs, with the libraries its modules need and pip", async (minor, context) => {
  const stack = await requireStack(context);
  const script = "import ssl, sqlite3, ctypes, lzma, bz2, readline, venv, platform; print(platform.python_version())";
  const image = `python:${minor}-slim`;
  const { stdout } = await stack.docker(["run", "--rm", image, "python", "-c", script]);
  expect(stdout.trim()).toBe(stack.pythons[minor]);
  const pip = await stack.docker(["run", "--rm", image, "pip", "--version"]);
  expect(pip.stdout).toContain(`/usr/local/lib/python${minor}/site-packages/pip`);
});

test("a container reaches the package index by the certificates that this machine trusts", async (context) => {
  const stack = await requireStack(context);
  const install = "pip install --quiet --root-user-action=ignore six && python -c 'import six; print(six.__name__)'";
  const { stdout } = await stack.docker(["run", "--rm", "python:3.12-slim", "sh", "-c", install]);
  expect(stdout).toBe("six\n");
});

test("an image is built from a base of the mirror, pushed, removed and pulled again", async (context) => {
  const stack = await requireStack(context);
  const image = `${stack.registry}/test-support/built-${process.pid}:1`;
  await stack.docker(["build", "--quiet", "--tag", image, "-"], {
    input: "FROM debian:bookworm-slim\nRUN echo built > /made\n",
  });
  await stack.docker(["push", "--quiet", image]);
  await stack.docker(["image", "rm", image]);
  expect((await stack.docker(["run", "--rm", image, "cat", "/made"])).stdout).toBe("built\n");
  await stack.docker(["image", "rm", image]);
});

test("the base images are sound, and have the layout and configuration of the hub's", async (context) => {
  const stack = await requireStack(context);
  await using folder = await temporaryFolder();
  const from = `docker://${stack.registry}/library/python:3.12-slim`;
  await stack.skopeo(["copy", "--quiet", "--all", from, `oci:${folder.path}:3.12`]);
  const source = layoutSource(folder.path);
  expect(await validateImage(source, { tag: "3.12" })).toEqual([]);
  const files = await layerFiles(source, { tag: "3.12" });
  expect(files.get("/usr/local/bin/python")).toMatchObject({ type: "symlink", linkPath: "python3.12" });
  expect(files.get("/usr/local/bin/python3.12")).toMatchObject({ mode: 0o755, uid: 0, gid: 0 });
  expect([...files.keys()].filter((path) => path.endsWith(".pyc"))).toEqual([]);
  const { stdout } = await stack.skopeo(["inspect", "--config", from]);
  expect(JSON.parse(stdout).config).toEqual({
    Env: [
      "PATH=/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "LANG=C.UTF-8",
      `PYTHON_VERSION=${stack.pythons["3.12"]}`,
    ],
    Cmd: ["python3"],
  });
});

test("an engine that was not asked for is refused by name", async (context) => {
  const stack = await requireStack(context);
  await expect(stack.docker(["version"], { engine: "26.1" })).rejects.toMatchObject({ code: "ENGINE_DOWN" });
});
