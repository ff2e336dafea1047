import { createUvResolver } from "@imagespec/resolver";
import { requireStack, type StackEngineName } from "@imagespec/test-support";
import { makeWheel, serveIndex } from "@imagespec/test-support/wheels";
import { expect, test } from "vitest";
import { packageTarget, planDockerfile } from "../src/index.ts";
import { buildPlan } from "./support/build-plan.ts";
import { probeBase } from "./support/probe-base.ts";
import { specPlace } from "./support/spec-place.ts";
import { toolsFolder, uvFile } from "./support/uv-file.ts";

const engines: readonly StackEngineName[] = ["20.10", "28.5-containerd"];
const signal = new AbortController().signal;
const labels = { "dev.imagespec.fingerprint": "f1", "dev.imagespec.contract": "1" };
const env = { IMAGESPEC_ID: "id-1" };

for (const engine of engines) {
  test(`an image keeps the contract, Engine ${engine}`, { timeout: 600_000 }, async (context) => {
    const stack = await requireStack(context, { engines: [engine] });
    const wheels = [
      makeWheel({
        name: "tiny-lib",
        version: "1.2.0",
        requires: ["other"],
        entryPoints: "[console_scripts]\ntiny = tiny_lib:main\n",
        files: { "tiny_lib/__init__.py": "def main():\n    print('tiny')\n" },
      }),
      makeWheel({ name: "other", version: "3.0" }),
      makeWheel({ name: "big", version: "1.0", files: { "big/data.bin": Buffer.alloc(5_000_000, 7) } }),
    ];
    await using index = await serveIndex(wheels);
    await using exposed = await stack.expose(index.url, engine);
    await using place = await specPlace(
      {
        "src/main.py": "import tiny_lib\nprint('ok')\n",
        "src/run.sh": "#!/bin/sh\necho run\n",
        "src/pkg/__init__.py": "x = 1\n",
        "conf/a.ini": "a",
      },
      { executable: ["src/run.sh"], links: { "src/link.py": "main.py" } },
    );
    const spec = await place.resolve({
      baseImage: "python:3.12-slim",
      packages: ["tiny-lib", "big"],
      pipIndex: `${exposed.url}`,
      sourceRoot: "src",
      copy: [
        { from: "conf", to: "/etc/acme" },
        { from: "conf/a.ini", to: "/etc/b.ini" },
      ],
      env: { GREETING: 'say "$HOME"\nnow' },
      commands: [
        "echo $PWD > /cwd; python -c 'import tiny_lib'",
        { run: "test -f main.py && echo done > /after", after: "source" },
        { run: 'line1=1\necho "$line1" > /multi\n', after: "system" },
      ],
      entrypoint: ["python"],
      cmd: ["main.py"],
      runtimePackages: ["later"],
    });
    const base = await probeBase(stack, engine, spec);
    expect(base.facts).toMatchObject({
      python: { path: "/usr/local/bin/python3.12" },
      libc: { kind: "glibc" },
      distributions: {},
    });
    const target = packageTarget(spec, base.facts);
    const resolver = createUvResolver({ cacheFolder: toolsFolder });
    const resolution = await resolver.resolve(spec, target!.environment, { secret: async () => "", signal });
    const plan = planDockerfile(
      { spec, base, resolution, labels, env },
      { dialect: engine === "20.10" ? "base" : "modern", uv: { from: "context", file: await uvFile() } },
    );
    console.log(plan.text, plan.context.map(({ path }) => path).join("\n"));
    const image = await buildPlan(stack, engine, plan);
    expect(
      await image.violations({
        fingerprint: "f1",
        contract: "1",
        env: { ...spec.env },
        entrypoint: ["python"],
        cmd: ["main.py"],
        pythonVersion: "3.12",
        distributions: { "tiny-lib": "1.2.0", other: "3.0", big: "1.0" },
        source: { "main.py": "import tiny_lib\nprint('ok')\n", "pkg/__init__.py": "x = 1\n" },
      }),
    ).toEqual([]);
    expect(
      await image.sh(
        "cat /cwd /after /multi; tiny; id -un; stat -c '%a %U' /app/run.sh /app/pkg /etc/acme/a.ini /etc/b.ini /etc /home/imagespec/runtime; readlink link.py; ls -a /run / /opt /opt/venv /opt/venv/bin; cat /opt/venv/pyvenv.cfg; head -1 /opt/venv/bin/tiny",
      ),
    ).toBe("");
  });
}
