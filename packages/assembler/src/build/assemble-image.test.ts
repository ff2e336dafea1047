import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mediaTypes } from "@imagespec/oci";
import { makeWheel } from "@imagespec/test-support/wheels";
import { describe, expect, test } from "vitest";
import { type BenchOptions, BuildBench, type BuiltImage, pythonBase } from "../testing/build-bench.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const six = { name: "six", version: "1.0", files: { "six.py": "x = 1\n" } };
const wheels = [six, { name: "demo", version: "2.0", entryPoints: "[console_scripts]\ndemo = demo:main\n" }];
const source = { "src/main.py": "print(1)\n", "src/pkg/__init__.py": "" };
const input = { sourceRoot: "src", entrypoint: ["python", "main.py"] };
const site = "opt/venv/lib/python3.12/site-packages";

async function build(spec: object = {}, options: BenchOptions = {}): Promise<BuiltImage> {
  await using folder = await temporaryFolder();
  return await (await BuildBench.open(folder.path)).build(spec, options);
}

const find = ({ layers }: BuiltImage, path: string) =>
  layers.map((layer) => layer.get(path)).findLast((entry) => entry);

test("an image with packages and source keeps the contract", async () => {
  const image = await build(input, { wheels, source });
  const text = (path: string) => find(image, path)?.content.toString();
  expect(text(`${site}/six.py`)).toBe("x = 1\n");
  expect(text("opt/venv/pyvenv.cfg")).toBe(
    "home = /usr/local/bin\ninclude-system-site-packages = false\nversion = 3.12.4\nexecutable = /usr/local/bin/python3.12\n",
  );
  expect(find(image, "opt/venv/bin/python")?.header.linkPath).toBe("/usr/local/bin/python3.12");
  expect(text(`${site}/_imagespec_workdir.pth`)).toBe("/app\n");
  expect(text("etc/passwd")).toContain("imagespec:x:65532:65532::/home/imagespec:/bin/sh\n");
  expect(find(image, "home/imagespec")?.header).toMatchObject({ type: "directory", uid: 65_532, gid: 65_532 });
  expect(find(image, "app")?.header).toMatchObject({ type: "directory", uid: 65_532, gid: 65_532 });
  expect(find(image, "app/main.py")?.header).toMatchObject({ mode: 0o644, uid: 65_532 });
  expect(image.config.config).toMatchObject({
    User: "imagespec",
    WorkingDir: "/app",
    Env: [
      "PATH=/opt/venv/bin:/usr/local/bin:/usr/bin",
      "PYTHON_VERSION=3.12.4",
      "VIRTUAL_ENV=/opt/venv",
      "IMAGESPEC_ID=id",
    ],
    Entrypoint: ["python", "main.py"],
    Labels: { "dev.imagespec.fingerprint": "f" },
  });
  expect(image.manifest.layers.every(({ mediaType }) => mediaType === mediaTypes.ociLayerGzip)).toBe(true);
  // The source is last, so that an edit moves nothing else.
  expect(image.layers.at(-1)?.has("app/main.py")).toBe(true);
  const times = image.layers.flatMap((layer) => [...layer.values()].map(({ header }) => header.mtime));
  expect(new Set(times)).toEqual(new Set([0]));
});

test("the same inputs give the same image, wherever and whenever", async () => {
  const usual = process.umask(0o077);
  try {
    const first = await build(input, { wheels, source, mtime: new Date(1e12) });
    process.umask(0o002);
    const second = await build(input, { wheels, source });
    expect(second.outcome.digest).toBe(first.outcome.digest);
  } finally {
    process.umask(usual);
  }
});

test("the digest of a known image is pinned", async () => {
  const { config } = await build(input, { wheels, source });
  expect(config.rootfs.diff_ids).toMatchInlineSnapshot(`
    [
      "sha256:6ca04fd00c244def35f9e7da23e0d0e919d1e16cbb536237877b11bb0dd93ba2",
      "sha256:bbdeafc510dec064d47ff9539925d7148a6b7a987e8e137115c7065df5b03c0c",
      "sha256:028ef3a4c139ca835573dfacb444a7d9d6d9d8d23bcfffe058cdaf5041d25fc2",
      "sha256:f4025dae2feeb42a59ce31ca5393af41e77b8e1e5140a535fda63780374969ca",
      "sha256:03a1bdf0c339b7edf27dee425da53f197243598ed04a2bef4e0914501d1edb34",
    ]
  `);
});

test("a second build reuses everything, without the wheels; an edit of the source moves its layer only", async () => {
  await using folder = await temporaryFolder();
  const bench = await BuildBench.open(folder.path);
  const first = await bench.build(input, { wheels, source });
  expect(first.outcome.layers).toEqual({ built: 4, reused: 0 });
  const again = await bench.build(input, { wheels, source });
  expect(again.outcome).toMatchObject({ digest: first.outcome.digest, layers: { built: 0, reused: 4 } });
  expect(again.events).toContainEqual(expect.objectContaining({ name: "layers", state: "cached" }));
  const edited = await bench.build(input, { wheels, source: { "src/main.py": "print(2)\n" } });
  expect(edited.outcome.layers).toEqual({ built: 1, reused: 3 });
  const digests = ({ manifest }: BuiltImage) => manifest.layers.map(({ digest }) => digest);
  expect(digests(edited).slice(0, -1)).toEqual(digests(first).slice(0, -1));
  expect(digests(edited).at(-1)).not.toBe(digests(first).at(-1));
});

test("a wheel whose layer is known is not fetched again", async () => {
  await using folder = await temporaryFolder();
  const bench = await BuildBench.open(folder.path);
  await bench.build(input, { wheels, source });
  const digests = wheels.map((wheel) => `sha256:${makeWheel(wheel).sha256}` as const);
  for (const digest of digests) await bench.store.content.remove(digest);
  const { outcome } = await bench.build(input, { wheels, source: { "src/main.py": "print(2)\n" } });
  expect(outcome.layers).toEqual({ built: 1, reused: 3 });
  for (const digest of digests) expect(await bench.store.content.has(digest)).toBe(false);
});

test("builds at the same time in one cache do not disturb each other", async () => {
  await using folder = await temporaryFolder();
  const bench = await BuildBench.open(folder.path);
  // Files and base are written before, so that only the cache is contended.
  await bench.build(input, { source });
  const images = await Promise.all([1, 2, 3].map(() => bench.build(input, { wheels })));
  expect(new Set(images.map(({ outcome }) => outcome.digest)).size).toBe(1);
});

test("one more package leaves the other layers alone", async () => {
  await using folder = await temporaryFolder();
  const bench = await BuildBench.open(folder.path);
  await bench.build(input, { wheels, source });
  const { outcome } = await bench.build(input, { wheels: [...wheels, { name: "third", version: "1" }], source });
  expect(outcome.layers).toEqual({ built: 1, reused: 4 });
});

test("a layer whose blob was lost or cut short is made again, with the same digest", async () => {
  await using folder = await temporaryFolder();
  const bench = await BuildBench.open(folder.path);
  const first = await bench.build(input, { wheels, source });
  const [, lost, cut] = first.manifest.layers;
  await rm(bench.store.content.path(lost!.digest));
  await writeFile(bench.store.content.path(cut!.digest), "");
  const again = await bench.build(input, { wheels, source });
  expect(again.outcome).toMatchObject({ digest: first.outcome.digest, layers: { built: 2 } });
});

test("events tell what a person wants to know", async () => {
  const { events } = await build(input, { wheels, source });
  const done = events.flatMap((event) =>
    event.type === "step" && event.ms !== undefined ? [[event.name, event.detail]] : [],
  );
  expect(new Map(done as [string, string][])).toEqual(
    new Map([
      ["base", "example.org/base:1 · python 3.12.4"],
      ["source", "2 files · 9 B"],
      ["resolve", "2 packages"],
      ["layers", expect.stringMatching(/^4 built, 0 reused · \d+(\.\d)? (kB|B)$/)],
      ["store", expect.stringMatching(/^6 blobs · /)],
    ]),
  );
});

test("runtime packages get a folder on the path of the environment", async () => {
  const image = await build({ runtimePackages: ["six"] });
  expect(find(image, `${site}/_imagespec_runtime.pth`)?.content.toString()).toBe("/home/imagespec/runtime\n");
  expect(find(image, "home/imagespec/runtime")?.header).toMatchObject({ uid: 65_532, gid: 65_532 });
});

describe("user and workdir", () => {
  const passwd = { path: "etc/passwd", content: "app:x:1000:1000::/home/app:/bin/sh\n" };
  test("a non-root user of the base is kept, and owns the workdir", async () => {
    const image = await build(input, { source, base: [...pythonBase, passwd], baseConfig: { User: "app" } });
    expect(image.config.config?.User).toBe("app");
    expect(find(image, "etc/passwd")).toBeUndefined();
    expect(find(image, "app/main.py")?.header).toMatchObject({ uid: 1000, gid: 1000 });
  });

  test("a folder of the system stays as it is when it is the workdir", async () => {
    const base = [...pythonBase, { path: "tmp/", mode: 0o1777 }];
    const image = await build({ ...input, workdir: "/tmp" }, { source, base });
    expect(find(image, "tmp")?.header).toMatchObject({ mode: 0o1777, uid: 0 });
    expect(image.config.config?.WorkingDir).toBe("/tmp");
  });

  test("copies outside of the workdir are root's, and go through the links of the base", async () => {
    const image = await build({ copy: [{ from: "src/main.py", to: "/lib/x/main.py" }] }, { source });
    expect(find(image, "usr/lib/x/main.py")?.header).toMatchObject({ uid: 0, gid: 0 });
    expect(find(image, "lib")).toBeUndefined();
  });
});

test("the profile flytekit has that project's user, workdir and path of the environment", async () => {
  const image = await build({ ...input, profile: "flytekit" }, { wheels, source, baseConfig: { User: "1001" } });
  expect(find(image, "root")?.header).toMatchObject({ type: "directory", uid: 1000, gid: 1000 });
  expect(find(image, "root/main.py")?.header).toMatchObject({ uid: 1000, gid: 1000 });
  expect(find(image, "etc/passwd")?.content.toString()).toContain("flytekit:x:1000:1000::/home/flytekit:/bin/bash\n");
  expect(find(image, "home/flytekit")?.header).toMatchObject({ type: "directory", uid: 1000 });
  expect(find(image, "opt/micromamba/envs/runtime")?.header).toMatchObject({ type: "symlink", linkPath: "/opt/venv" });
  expect(image.config.config).toMatchObject({ User: "flytekit", WorkingDir: "/root" });
});

describe("without Python", () => {
  const bare = [{ path: "etc/passwd", content: "" }];
  test("source alone is fine", async () => {
    const image = await build(input, { base: bare, baseConfig: { Env: [] }, source });
    expect(find(image, "opt/venv/pyvenv.cfg")).toBeUndefined();
    expect(image.config.config?.Env).toEqual(["IMAGESPEC_ID=id"]);
  });

  test("an empty base too", async () => {
    const image = await build({ ...input, baseImage: "scratch" }, { source, request: { base: async () => undefined } });
    expect(image.manifest.layers).toHaveLength(2);
  });

  test("packages are not", async () => {
    await expect(build({}, { wheels, base: bare })).rejects.toMatchObject({
      code: "BASE_UNSUPPORTED",
      problems: [{ path: "baseImage" }],
    });
  });
});

describe("refuses", () => {
  test.each<[string, object, BenchOptions, string]>([
    [
      "another Python than that of packages in the base's environment",
      { pythonVersion: "3.11" },
      {
        base: [
          ...pythonBase,
          { path: `${site}/six-1.0.dist-info/METADATA`, content: "Metadata-Version: 2.1\nName: six\nVersion: 1.0\n" },
        ],
      },
      "BASE_UNSUPPORTED",
    ],
    [
      "another Python on a base without a C library",
      { pythonVersion: "3.11" },
      { base: pythonBase.filter(({ path }) => !path.includes("libc")) },
      "BASE_UNSUPPORTED",
    ],
    ["ONBUILD", {}, { baseConfig: { OnBuild: ["RUN x"] } }, "BASE_UNSUPPORTED"],
    ["an unknown user", { user: "ghost" }, {}, "BASE_UNSUPPORTED"],
    [
      "an unknown C library",
      {},
      { base: pythonBase.filter(({ path }) => !path.includes("libc")), wheels },
      "BASE_UNSUPPORTED",
    ],
    ["a damaged base", {}, { layerBytes: Buffer.from([0x1f, 0x8b, 8, 0, 0]) }, "STORE_CORRUPT"],
    [
      "two wheels with one path in two layers",
      {},
      { wheels: [six, { name: "demo", version: "1", files: { "six.py": "other" } }] },
      "WHEEL_CONFLICT",
    ],
  ])("%s", async (_, spec, options, code) => {
    await expect(build(spec, options)).rejects.toMatchObject({ code });
  });

  test("a wheel with other bytes than were resolved", async () => {
    const resolver = {
      resolve: async () => ({
        distributions: [
          {
            name: "six",
            version: "1.0",
            wheel: { filename: "six-1.0-py3-none-any.whl", url: import.meta.url, size: 1, sha256: "0".repeat(64) },
          },
        ],
        pylock: "",
      }),
    };
    await expect(build({ packages: ["six"] }, { request: { resolver } })).rejects.toMatchObject({
      code: "WHEEL_HASH_MISMATCH",
    });
  });

  test("source that changed after the fingerprint", async () => {
    await using folder = await temporaryFolder();
    const bench = await BuildBench.open(folder.path);
    const edit = () => writeFile(join(folder.path, "root/src/main.py"), "edited\n");
    const resolver = { resolve: async () => ({ distributions: [], pylock: "" }) };
    const real = await bench.build(input, { source });
    const changing = bench.build(input, {
      source: { "src/main.py": "print(3)\n" },
      request: { resolver, emit: () => void edit() },
    });
    await expect(changing).rejects.toMatchObject({ code: "SOURCE_CHANGED" });
    expect(real.outcome.digest).toMatch(/^sha256:/);
  });
});

test("what the base's environment has is a constraint and not installed again", async () => {
  const info = `${site}/six-1.0.dist-info`;
  const base = [...pythonBase, { path: `${info}/METADATA`, content: "Name: six" }];
  let constraints: readonly string[] | undefined;
  const distributions = [
    {
      name: "six",
      version: "1.0",
      wheel: { filename: "six-1.0-py3-none-any.whl", url: "file:///x", size: 1, sha256: "0".repeat(64) },
    },
  ];
  const resolver = {
    resolve: async (_spec: unknown, _target: unknown, options: { readonly constraints?: readonly string[] }) => {
      ({ constraints } = options);
      return { distributions, pylock: "" };
    },
  };
  const image = await build({ packages: ["six"] }, { base, request: { resolver } });
  expect(constraints).toEqual(["six==1.0"]);
  expect(image.layers).toHaveLength(1);
});

test("abort ends the build with its reason", async () => {
  const controller = new AbortController();
  const emit = () => controller.abort();
  await expect(build(input, { wheels, source, request: { signal: controller.signal, emit } })).rejects.toMatchObject({
    code: "ABORTED",
  });
});
