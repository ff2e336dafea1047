import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openContentStore } from "@imagespec/image-store";
import { gzipMembersEncoder, Placement } from "@imagespec/image-store/layers";
import { makeWheel, makeZip, type WheelFixture, type ZipFixture } from "@imagespec/test-support/wheels";
import { describe, expect, test } from "vitest";
import { readLayer } from "../testing/read-layer.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { writeWheelLayer } from "./wheel-layer.ts";

const layout = { prefix: "opt/venv", pythonMinor: "3.12" };
const placement = new Placement({ directoryLinks: {}, directories: {} });
const site = "opt/venv/lib/python3.12/site-packages";

function install(fixtures: readonly WheelFixture[], rename: (filename: string) => string = (name) => name) {
  return installBytes(
    fixtures.map((fixture) => {
      const { filename, bytes } = makeWheel(fixture);
      return { name: fixture.name, filename: rename(filename), bytes };
    }),
  );
}

async function installBytes(
  files: readonly { readonly name: string; readonly filename: string; readonly bytes: Uint8Array }[],
) {
  await using folder = await temporaryFolder();
  const content = await openContentStore(join(folder.path, "store"));
  const wheels = await Promise.all(
    files.map(async ({ name, filename, bytes }, index) => {
      const file = join(folder.path, String(index));
      await writeFile(file, bytes);
      return { name, filename, file };
    }),
  );
  const layer = await writeWheelLayer(wheels, { layout, placement, content, encoder: gzipMembersEncoder });
  return { layer, entries: await readLayer(content.open(layer.digest)) };
}

const demo: WheelFixture = {
  name: "Demo.Pkg",
  version: "1.0",
  entryPoints:
    "[console_scripts]\ndemo = demo_pkg.cli:App.run [fast]\n[other]\nx = y\n[gui_scripts]\ndemo-gui=demo_pkg:gui\n",
  files: {
    "Demo_Pkg/cli.py": "class App: pass\n",
    "Demo_Pkg/empty.py": "",
    "Demo_Pkg/big.bin": "0123456789abcdef".repeat(10_000),
    "Demo_Pkg-1.0.data/scripts/tool": "#!python -E\nprint(1)\n",
    "Demo_Pkg-1.0.data/scripts/gui": "#!pythonw\r\nprint(2)\n",
    "Demo_Pkg-1.0.data/scripts/binary": "\u007fELF",
    "Demo_Pkg-1.0.data/purelib/pure.py": "pure\n",
    "Demo_Pkg-1.0.data/platlib/plat.py": "plat\n",
    "Demo_Pkg-1.0.data/headers/demo.h": "#define X\n",
    "Demo_Pkg-1.0.data/data/share/demo/readme": "hello\n",
    "Demo_Pkg-1.0.data/data/lib64/x": "lib\n",
  },
};

test("installs a wheel as pip would", async () => {
  const { entries } = await install([demo]);
  const text = (path: string) => entries.get(path)?.content.toString();
  const mode = (path: string) => entries.get(path)?.header.mode.toString(8);
  expect(text(`${site}/Demo_Pkg/cli.py`)).toBe("class App: pass\n");
  expect(text(`${site}/pure.py`)).toBe("pure\n");
  expect(text(`${site}/plat.py`)).toBe("plat\n");
  expect(text("opt/venv/include/site/python3.12/demo-pkg/demo.h")).toBe("#define X\n");
  expect(text("opt/venv/share/demo/readme")).toBe("hello\n");
  expect(text("opt/venv/lib/x")).toBe("lib\n");
  expect(text("opt/venv/bin/tool")).toBe("#!/opt/venv/bin/python -E\nprint(1)\n");
  expect(text("opt/venv/bin/gui")).toBe("#!/opt/venv/bin/python\nprint(2)\n");
  expect(text("opt/venv/bin/binary")).toBe("\u007fELF");
  expect(text("opt/venv/bin/demo")).toBe(
    '#!/opt/venv/bin/python\nimport sys\nfrom demo_pkg.cli import App\nif __name__ == "__main__":\n    sys.exit(App.run())\n',
  );
  expect(entries.has("opt/venv/bin/demo-gui")).toBe(true);
  for (const name of ["tool", "gui", "binary", "demo"]) expect(mode(`opt/venv/bin/${name}`)).toBe("755");
  expect(mode(`${site}/Demo_Pkg/cli.py`)).toBe("644");
  expect([...entries.values()].every(({ header }) => header.uid === 0 && header.gid === 0 && header.mtime === 0)).toBe(
    true,
  );
});

test("RECORD lists what was installed, where it is", async () => {
  const { entries } = await install([demo]);
  const record = entries.get(`${site}/Demo_Pkg-1.0.dist-info/RECORD`)?.content.toString().trimEnd().split("\n") ?? [];
  const paths = record.map((line) => line.split(",")[0]);
  expect(new Set(paths).size).toBe(paths.length);
  const installed = [...entries.values()]
    .filter(({ header }) => header.type === "file")
    .map(({ header }) => header.path);
  const listed = paths.map((path) => new URL(path ?? "", `file:///${site}/`).pathname.slice(1));
  expect(listed.sort()).toEqual(installed.sort());
  expect(record).toContain("Demo_Pkg-1.0.dist-info/RECORD,,");
  expect(record.some((line) => line.startsWith("../../../bin/tool,sha256="))).toBe(true);
  expect(entries.get(`${site}/Demo_Pkg-1.0.dist-info/INSTALLER`)?.content.toString()).toBe("imagespec\n");
});

test("the bytes of a known wheel's layer are pinned", async () => {
  const { layer } = await install([{ name: "six", version: "1.0", files: { "six.py": "x = 1\n" } }]);
  expect(layer.diffId).toMatchInlineSnapshot(
    `"sha256:bbdeafc510dec064d47ff9539925d7148a6b7a987e8e137115c7065df5b03c0c"`,
  );
  // zlib may choose other matches on another type of machine.
  if (process.arch !== "x64") return;
  expect(layer.digest).toMatchInlineSnapshot(
    `"sha256:fe416ace5035f37df5411e6c68abfac3d0c2ae786f76cd0d0047344a01d19745"`,
  );
});

test("executable files stay executable", async () => {
  const extra = { name: "six-1.0.dist-info/RECORD.jws", content: "{}", mode: 0o100755 };
  const { entries } = await install([{ name: "six", version: "1.0", extra: [extra] }]);
  expect(entries.get(`${site}/six-1.0.dist-info/RECORD.jws`)?.header.mode.toString(8)).toBe("755");
});

describe("two wheels in one layer", () => {
  const shared = (content: string): Readonly<Record<string, string>> => ({ "shared/__init__.py": content });
  test("may bring the same file", async () => {
    const { entries } = await install([
      { name: "a", version: "1", files: shared("same") },
      { name: "b", version: "1", files: shared("same") },
    ]);
    expect(entries.get(`${site}/shared/__init__.py`)?.content.toString()).toBe("same");
  });

  test.each([
    ["another file", shared("other")],
    ["a file in place of a folder", { shared: "file" }],
    ["a folder in place of a file", { "shared/__init__.py/x": "file" }],
  ])("must not bring %s", async (_, files) => {
    const conflict = install([
      { name: "a", version: "1", files: shared("same") },
      { name: "b", version: "1", files: files ?? {} },
    ]);
    await expect(conflict).rejects.toMatchObject({
      code: "WHEEL_CONFLICT",
      message: expect.stringMatching(/"a" and "b" both bring "\/opt\/venv.*shared/),
    });
  });
});

describe("refuses", () => {
  const extra = (name: string, content = "x") => ({ extra: [{ name, content }] });
  test.each<[string, Partial<WheelFixture>, RegExp]>([
    ["a file that RECORD does not list", extra("evil.py"), /"evil.py", which its RECORD does not list/],
    ["a second .dist-info folder", extra("other-1.0.dist-info/METADATA"), /has the folders/],
    ["an unknown scheme", { files: { "six-1.0.data/etc/x": "x" } }, /no scheme "etc"/],
    ["a whiteout", { files: { "six/.wh.x": "x" } }, /\.wh\.x/],
    ["the interpreter", { files: { "six-1.0.data/scripts/python3": "x" } }, /belongs to the environment/],
    [
      "a folder in place of the interpreter",
      { files: { "six-1.0.data/scripts/python3/x": "x" } },
      /belongs to the env/,
    ],
    ["a file in place of bin", { files: { "six-1.0.data/data/bin": "x" } }, /belongs to the environment/],
    ["a file in place of lib", { files: { "six-1.0.data/data/lib64": "x" } }, /belongs to the environment/],
    [
      "an entry point of endless brackets",
      { entryPoints: `[gui_scripts]\na=b:c${"[".repeat(200_000)}\n` },
      /no function/,
    ],
    [
      "a RECORD line of endless length",
      { extra: [], files: {}, entryPoints: "x".repeat(2_000_000) },
      /more than the limit/,
    ],
    ["the environment's config", { files: { "six-1.0.data/data/pyvenv.cfg": "x" } }, /belongs to the environment/],
    [
      "a program that leaves bin",
      { entryPoints: "[console_scripts]\n../x = a:b\n" },
      /wants a program named "\.\.\/x"/,
    ],
    ["a program that hides the interpreter", { entryPoints: "[console_scripts]\npython = a:b\n" }, /named "python"/],
    ["code in an entry point", { entryPoints: "[console_scripts]\nx = os:system('x')\n" }, /names no function/],
  ])("%s", async (_, change, message) => {
    const failure = install([{ name: "six", version: "1.0", ...change }]);
    await expect(failure).rejects.toMatchObject({ code: "WHEEL_INVALID", message: expect.stringMatching(message) });
  });

  const info = "six-1.0.dist-info";
  const big = "0123456789abcdef".repeat(700_000);
  const zip = (change: Readonly<Record<string, string | undefined>>, record?: string): readonly ZipFixture[] => {
    const files: Readonly<Record<string, string | undefined>> = {
      "six.py": "x",
      "big.bin": big,
      [`${info}/METADATA`]: "Name: six",
      [`${info}/WHEEL`]: "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n",
      ...change,
    };
    const there = Object.entries(files).flatMap(([name, content]) => (content === undefined ? [] : { name, content }));
    const lines = there.map(({ name, content }) => `${name},sha256=${sha256(content)},${content.length}`);
    return [...there, { name: `${info}/RECORD`, content: record ?? [...lines, `${info}/RECORD,,`].join("\n") }];
  };
  const sha256 = (text: string) => createHash("sha256").update(text).digest("base64url");
  const installZip = (files: readonly ZipFixture[]) =>
    installBytes([{ name: "six", filename: "six-1.0-py3-none-any.whl", bytes: makeZip(files) }]);

  test("nothing about the wheel that the next tests change", async () => {
    const { entries } = await installZip(zip({}));
    expect(entries.get(`${site}/big.bin`)?.content.toString() === big).toBe(true);
  });

  test.each<[string, readonly ZipFixture[], RegExp]>([
    [
      "an unknown wheel version",
      zip({ [`${info}/WHEEL`]: "Wheel-Version: 2.0\nRoot-Is-Purelib: true" }),
      /"2.0", not 1.x/,
    ],
    ["no Root-Is-Purelib", zip({ [`${info}/WHEEL`]: "Wheel-Version: 1.0" }), /Root-Is-Purelib/],
    ["no WHEEL", zip({ [`${info}/WHEEL`]: undefined }), /has no ".*WHEEL"/],
    ["no METADATA", zip({ [`${info}/METADATA`]: undefined }), /has no ".*METADATA"/],
    ["no hash", zip({}, "six.py,,1"), /has the hash "" for "six.py"/],
    ["a weak hash", zip({}, "six.py,md5=abc,1"), /has the hash "md5=abc"/],
    ["a damaged RECORD", zip({}, '"six.py,sha256=x,1'), /in its RECORD/],
    ["other content of a small file", tampered("six.py"), /other content for "six.py"/],
    ["other content of a big file", tampered("big.bin"), /other content for "big.bin"/],
  ])("%s", async (_, files, message) => {
    const failure = installZip(files);
    await expect(failure).rejects.toMatchObject({ code: "WHEEL_INVALID", message: expect.stringMatching(message) });
  });

  function tampered(victim: string): readonly ZipFixture[] {
    return zip({}).map((file) =>
      file.name === victim ? { ...file, content: String(file.content).replace(/.$/, "!") } : file,
    );
  }

  test("a wheel whose name is another's", async () => {
    await expect(install([{ name: "six", version: "1.0" }], () => "seven-1.0-py3-none-any.whl")).rejects.toMatchObject({
      code: "WHEEL_INVALID",
      message: expect.stringContaining('"six-1.0.dist-info", which belongs to another wheel'),
    });
  });
});
