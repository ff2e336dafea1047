import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ImageSpec, type ImageSpecInput, resolveImageSpec } from "@imagespec/core";
import { checkImageContract, enginesUnderTest } from "@imagespec/test-support";
import { describe, expect, test } from "vitest";
import { testBench } from "./support/test-bench.ts";

const { daemons } = enginesUnderTest();
const hostile = `it's "here" $HOME \${HOME} \`id\` \\n back\\slash # no comment, é 你好 \t`;
const secretValue = `secret-${process.pid}-${Date.now()}-value`;

/** The name of a distribution to the version that the program of the image prints. */
const program = [
  "import json, os, sys, importlib.metadata as metadata",
  "import alpha, beta",
  "print(json.dumps({",
  "  'prefix': sys.prefix, 'uid': os.getuid(), 'cwd': os.getcwd(), 'home': os.environ['HOME'], 'value': os.environ['VALUE'],",
  "  'arguments': sys.argv[1:], 'made': open('/etc/made').read(), 'asked': open('/etc/asked').read(),",
  "  'distributions': {each.name: each.version for each in metadata.distributions(path=['/opt/venv/lib/python3.12/site-packages'])},",
  "}))",
].join("\n");

describe.each(daemons)("%s", (daemon) => {
  test("a spec with most fields becomes an image that keeps the contract, runs, and is found again", async (context) => {
    await using bench = await testBench(context, daemon);
    await bench.write({
      "src/main.py": program,
      "src/.gitignore": "*.log\n",
      "src/debug.log": "no",
      "extra.txt": "extra",
    });
    const name = bench.newName();
    const input: ImageSpecInput = {
      name,
      baseImage: bench.base,
      packages: ["alpha"],
      pipIndex: bench.index,
      commands: [
        { run: `printf '%s' "$(id -u) made" > /etc/made`, after: "system" },
        { run: "wc -c < /run/secrets/token > /etc/asked", secrets: ["token"] },
      ],
      // What a step made of another value of the secret is in the daemon's cache otherwise.
      secrets: [
        { id: "token", from: { env: "TOKEN" }, steps: ["commands[1]"], cacheBust: secretValue.length.toString() },
      ],
      env: { VALUE: hostile },
      labels: { "dev.example.text": hostile },
      sourceRoot: "src",
      copy: [{ from: "extra.txt", to: "data/extra.txt" }],
      entrypoint: ["python", "main.py"],
      cmd: [hostile],
    };
    process.env["TOKEN"] = secretValue;
    const built = await bench.build(input);
    expect(built).toMatchObject({ action: "built", builder: "buildkit", platforms: ["linux/amd64"] });
    expect(JSON.parse(await bench.run(built.reference))).toEqual({
      prefix: "/opt/venv",
      uid: 65532,
      cwd: "/app",
      home: "/home/imagespec",
      value: hostile,
      arguments: [hostile],
      made: "0 made",
      asked: `${secretValue.length}\n`,
      distributions: { alpha: "1.0", beta: "2.0" },
    });
    const repository = bench.client.repository({ registry: bench.stack.registry, repository: name });
    const { digest = "" } = built;
    expect((await repository.headManifest({ tag: built.tag }))?.digest).toBe(digest);
    const violations = await checkImageContract(
      repository,
      { tag: built.tag },
      {
        fingerprint: built.fingerprint,
        env: { VALUE: hostile },
        labels: { "dev.example.text": hostile },
        entrypoint: ["python", "main.py"],
        cmd: [hostile],
        pythonVersion: "3.12",
        distributions: { alpha: "1.0", beta: "2.0" },
        source: { "main.py": program, "data/extra.txt": "extra" },
        absent: ["debug.log"],
      },
    );
    expect(violations).toEqual([]);
    // No tag but the one that was asked for, that of the image without its source, and those of records where the registry knows no referrers.
    const bare = new ImageSpec(input).with({ sourceRoot: undefined, copy: [] });
    const below = await resolveImageSpec(bare, { root: bench.root });
    expect((await repository.tags()).filter((tag) => !tag.startsWith("sha256-")).sort()).toEqual(
      [built.tag, below.tag].sort(),
    );

    expect(await bench.build(input)).toMatchObject({ action: "exists", digest });
    await bench.write({ "src/main.py": `print("edited ${Date.now()}")\n` });
    const edited = await bench.build(input);
    expect(edited).toMatchObject({ action: "built", layers: { built: 1 } });
    expect(edited.bytes.uploaded).toBeLessThan(100_000);
    const [before, after] = await Promise.all([built, edited].map(({ tag }) => repository.getManifest({ tag })));
    const layers = [before, after].map((each) => ("layers" in each!.manifest ? each!.manifest.layers : []));
    const known = new Set(layers[0]?.map((layer) => layer.digest));
    expect(layers[1]?.filter((layer) => !known.has(layer.digest))).toHaveLength(1);

    const told = JSON.stringify(bench.events);
    expect(told).not.toContain(secretValue);
    for (const file of await readdir(bench.folder, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const content = await readFile(join(file.parentPath, file.name));
      expect(content.includes(secretValue), file.name).toBe(false);
    }
  });

  test("an image stands on one of its own that only this machine has", async (context) => {
    await using bench = await testBench(context, daemon);
    await bench.write({ "main.py": "import alpha, delta\nprint('fine')\n" });
    const base: ImageSpecInput = {
      name: "acme/own",
      baseImage: bench.base,
      packages: ["alpha"],
      pipIndex: bench.index,
    };
    const input: ImageSpecInput = {
      name: "acme/on-it",
      baseImage: base,
      packages: ["delta"],
      pipIndex: bench.index,
      copy: ["main.py"],
      entrypoint: ["python", "main.py"],
    };
    const here = await bench.build(input, { output: "local-store", registry: undefined });
    expect(here).toMatchObject({ action: "built", builder: "buildkit" });
    if (daemon === "buildkitd") return;
    const ownNames = async (): Promise<readonly string[]> => {
      const { stdout } = await bench.stack.docker(["images", "--format", "{{.Repository}}"], { engine: daemon });
      return stdout.split("\n").filter((line) => /imagespec\.local|127\.0\.0\.1:\d+\/imagespec\//.test(line));
    };
    const before = await ownNames();
    const output = { kind: "engine", host: bench.host } as const;
    const loaded = await bench.build(input, { output, registry: undefined });
    expect(await bench.run(loaded.reference)).toBe("fine\n");
    // Neither names of builds nor of what served the base are left.
    expect((await ownNames()).filter((line) => !before.includes(line))).toEqual([]);
  });

  test("twenty builds at once", async (context) => {
    await using bench = await testBench(context, daemon);
    await bench.write(
      Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`p${index}/main.py`, `print(${index})`])),
    );
    const name = bench.newName();
    const built = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        bench.build({ name, baseImage: bench.base, sourceRoot: `p${index}`, entrypoint: ["python", "main.py"] }),
      ),
    );
    expect(new Set(built.map(({ digest }) => digest)).size).toBe(20);
    expect(built.every(({ action }) => action === "built")).toBe(true);
    expect(await bench.run(built[13]!.reference)).toBe("13\n");
  });

  test("a failing command is told by its field, with its exit code and last lines", async (context) => {
    await using bench = await testBench(context, daemon);
    const run = "echo one; echo two >&2; echo three; exit 7";
    const building = bench.build({ name: bench.newName(), baseImage: bench.base, commands: ["true", run] });
    await expect(building).rejects.toMatchObject({
      code: "BUILD_STEP_FAILED",
      problems: [{ path: "commands[1]" }],
      details: { exitCode: 7 },
      logTail: expect.arrayContaining(["one", "two", "three"]),
    });
  });
});
