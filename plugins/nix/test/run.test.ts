import { execFileSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { requireStack } from "@imagespec/test-support";
import { requireNix } from "@imagespec/test-support/nix";
import { makeWheel, serveIndex } from "@imagespec/test-support/wheels";
import { expect, test } from "vitest";
import { openNixBench } from "./nix-bench.ts";

const timeout = 300_000;
const wholeTest = test.skipIf(process.env["IMAGESPEC_WHOLE"] === undefined);

test("an image of the set runs in a real engine: Python, a C extension, programs, its user and its source", {
  timeout,
}, async (context) => {
  const stack = await requireStack(context);
  await using bench = await openNixBench(await requireNix(context));
  const program = [
    "import os, sys, yaml, _yaml, six, shared.greeter, shared.farewell, main",
    "from importlib.metadata import version",
    'print(sys.prefix, sys.version_info[:2], yaml.load("a: [1, 2]", Loader=yaml.CSafeLoader), version("pyyaml"))',
    "print(os.getuid(), os.getcwd(), os.environ['GREETING'], yaml.__file__.startswith('/opt/venv/'), flush=True)",
    "os.system('greet; jq; env true && echo sh')",
  ].join("\n");
  const { result } = await bench.build(
    {
      packages: ["pyyaml", "greeter", "farewell"],
      aptPackages: ["jq"],
      env: { GREETING: 'it\'s "me" $HOME' },
      sourceRoot: "src",
      entrypoint: ["python", "-c", program],
    },
    { registry: stack.registry },
  );
  const { stdout } = await stack.docker(["run", "--rm", result.reference]);
  expect(stdout.split("\n")).toEqual([
    "hello",
    "/opt/venv (3, 11) {'a': [1, 2]} 6.0",
    '65532 /app it\'s "me" $HOME True',
    "hello 1.16.0",
    "jq-of-the-set",
    "sh",
    "",
  ]);
});

wholeTest(
  "the base is below the layers of Nix, mounted in its registry, and its programs still run",
  {
    timeout,
  },
  async (context) => {
    const stack = await requireStack(context);
    await using bench = await openNixBench(await requireNix(context));
    const { result, manifest } = await bench.build(
      {
        baseImage: `${stack.registry}/library/debian:bookworm-slim`,
        packages: ["pyyaml"],
        cmd: [
          "python",
          "-c",
          "import yaml, _yaml, os; print(yaml.__version__, flush=True); os.system('. /etc/os-release; echo $ID')",
        ],
      },
      { registry: stack.registry },
    );
    const { stdout } = await stack.docker(["run", "--rm", result.reference]);
    expect(stdout).toBe("6.0\ndebian\n");
    const base = manifest.layers[0]?.size ?? 0;
    expect(base).toBeGreaterThan(20_000_000);
    expect(result.bytes.uploaded).toBeLessThan(base);
  },
);

/** A wheel of the extension that Debian has, as it would come from an index: it needs libstdc++, and says nothing of where it is. */
async function nativeWheel() {
  const folder = "/usr/lib/python3/dist-packages/greenlet";
  const files: Record<string, Uint8Array> = {};
  for (const name of await readdir(folder)) {
    if (/\.py$|cpython-311.*\.so$/.test(name)) files[`greenlet/${name}`] = await readFile(`${folder}/${name}`);
  }
  const [version = ""] = execFileSync("dpkg-query", ["-W", "-f", `\${Version}`, "python3-greenlet"])
    .toString()
    .split("-");
  return makeWheel({ name: "greenlet", version, tag: "cp311-cp311-manylinux_2_28_x86_64", files });
}

wholeTest("wheels with native code run on the Python of Nix, patched for its loader", { timeout }, async (context) => {
  const stack = await requireStack(context);
  await using bench = await openNixBench(await requireNix(context));
  const wheel = await nativeWheel();
  const index = await serveIndex([
    wheel,
    makeWheel({ name: "pure", version: "1.0", files: { "pure/__init__.py": "X = 7\n" } }),
  ]);
  try {
    const program =
      "import greenlet, pure; g = greenlet.greenlet(lambda: print('switched', pure.X)); g.switch(); print(greenlet._greenlet.__file__)";
    const spec = { packages: ["greenlet", "pure==1.0"], pipIndex: index.url, entrypoint: ["python", "-c", program] };
    const { result, events } = await bench.build(spec, { registry: stack.registry });
    const { stdout } = await stack.docker(["run", "--rm", result.reference]);
    expect(stdout).toMatch(/^switched 7\n\/opt\/venv\/lib\/python3\.11\/site-packages\/greenlet\//);
    expect(events.filter((event) => event.type === "step" && event.id === "wheels").length).toBeGreaterThan(0);

    const again = await bench.build(spec, { registry: stack.registry, build: { force: true } });
    expect(again.result.digest).toBe(result.digest);
    expect(again.result.timings).not.toHaveProperty("realise");
    expect(again.result.timings).not.toHaveProperty("wheels");

    await using other = await openNixBench(await requireNix(context));
    const elsewhere = await other.build({ ...spec, name: "acme/elsewhere" }, { registry: stack.registry });
    expect(elsewhere.result.digest).toBe(result.digest);
  } finally {
    await index.close();
  }
});

wholeTest("wheels run on the base's Python as they are where it has one, without Nix", { timeout }, async (context) => {
  const stack = await requireStack(context);
  await using bench = await openNixBench(await requireNix(context));
  const index = await serveIndex([
    makeWheel({ name: "pure", version: "1.0", files: { "pure/__init__.py": "X = 7\n" } }),
  ]);
  try {
    const { result } = await bench.build(
      {
        baseImage: `${stack.registry}/library/python:3.12-slim`,
        pythonVersion: "3.12",
        packages: ["pure"],
        pipIndex: index.url,
        entrypoint: ["python", "-c", "import pure, sys; print(pure.X, sys.version_info[:2], sys.base_prefix)"],
      },
      { registry: stack.registry },
    );
    expect((await stack.docker(["run", "--rm", result.reference])).stdout).toBe("7 (3, 12) /usr/local\n");
    expect(result.timings).not.toHaveProperty("evaluate");
  } finally {
    await index.close();
  }
});
