import type { ImageSpecInput } from "@imagespec/core";
import { enginesUnderTest, requireStack } from "@imagespec/test-support";
import { makeWheel, serveIndex } from "@imagespec/test-support/wheels";
import { expect, test } from "vitest";
import { specPlace } from "../src/testing/spec-place.ts";
import { buildPlan } from "./support/build-plan.ts";
import { planFor } from "./support/scene.ts";

const { engines } = enginesUnderTest();

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
    const input: ImageSpecInput = {
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
    };
    const { spec, plan, base } = await planFor(stack, engine, place, input);
    expect(base?.facts).toMatchObject({
      python: { path: "/usr/local/bin/python3.12" },
      libc: { kind: "glibc" },
      distributions: {},
    });
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
    const lines = async (command: string) => (await image.sh(command)).trim().split("\n");
    // Commands ran in the workdir, as root, in their order.
    expect(await lines("cat /cwd /after /multi; tiny; id -un")).toEqual(["/app", "done", "1", "tiny", "imagespec"]);
    expect(
      await lines("stat -c '%a %U' run.sh pkg main.py /etc/acme/a.ini /etc/b.ini /etc /home/imagespec/runtime"),
    ).toEqual(["755 imagespec", "755 imagespec", "644 imagespec", "644 root", "644 root", "755 root", "755 imagespec"]);
    expect(await lines("readlink link.py; ls -A /opt /opt/venv /opt/venv/bin; head -1 /opt/venv/bin/tiny")).toEqual(
      ["main.py", "/opt:", "venv", "", "/opt/venv:", "bin", "lib", "lib64", "pyvenv.cfg", "", "/opt/venv/bin:"].concat([
        "python",
        "python3",
        "python3.12",
        "tiny",
        "#!/opt/venv/bin/python",
      ]),
    );
    expect(await lines("ls -d /build /root/.cache/* 2> /dev/null || echo none")).toEqual(["none"]);
  });
}
