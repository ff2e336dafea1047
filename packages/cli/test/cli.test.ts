import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { startRegistryServer } from "@imagespec/registry-server";
import { freePort, type TemporaryFolder, temporaryFolder } from "@imagespec/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const bin = path.join(import.meta.dirname, "..", "bin", "imagespec.js");
let folder: TemporaryFolder;

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

function start(args: readonly string[], cwd: string): ChildProcess {
  const own = { ...process.env, IMAGESPEC_CACHE_DIR: folder.join("cache"), NO_COLOR: "1", CI: "" };
  return spawn(process.execPath, [bin, ...args], { cwd, env: own, stdio: ["ignore", "pipe", "pipe"] });
}

async function imagespec(args: readonly string[], cwd = folder.path) {
  const child = start(args, cwd);
  const output = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  const [exitCode] = await once(child, "close");
  return { exitCode, ...output };
}

/** A project folder with files. */
async function project(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const root = folder.join(name);
  await mkdir(path.join(root, ".git"), { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), text);
  }
  return root;
}

const spec = 'name: acme/train\npythonVersion: "3.13"\nbaseImage: { debian: trixie }\n';

describe("what is wrong with the command line or a file", () => {
  test("the place in the file, and exit code 2", async () => {
    const cwd = await project("wrong", { "image.yaml": `${spec}packges: [six]\nenv: { A: 1 }\n` });
    const { exitCode, stdout, stderr } = await imagespec(["build"], cwd);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("✗ the spec has 2 problems   SPEC_INVALID");
    expect(stderr).toMatch(/image\.yaml:4:\d+ {3}packges: \[six\]\n +~/);
    expect(stderr).toContain("image.yaml:5:11   env: { A: 1 }");
  });

  test("a builder that declines: exit code 3, and the same for programs", async () => {
    const cwd = await project("declined", { "image.yaml": `${spec}commands: [make]\n` });
    expect((await imagespec(["build"], cwd)).exitCode).toBe(3);
    expect(await imagespec(["explain"], cwd)).toMatchObject({
      exitCode: 3,
      stdout: expect.stringMatching(/^ {2}assemble {2}declined +commands/),
    });
    const { exitCode, stdout, stderr } = await imagespec(["build", "--json"], cwd);
    const last: unknown = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    expect([exitCode, stderr]).toEqual([3, ""]);
    expect(last).toMatchObject({
      type: "error",
      exitCode: 3,
      error: { code: "NO_BUILDER" },
      images: [{ file: "image.yaml" }],
    });
  });

  test("a registry that is not there: exit code 4", async () => {
    const cwd = await project("down", { "image.yaml": spec });
    const registry = `127.0.0.1:${await freePort()}`;
    expect(await imagespec(["build", "--registry", registry], cwd)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining("EXISTENCE_UNKNOWN"),
    });
    expect((await imagespec(["plan", "--registry", registry], cwd)).exitCode).toBe(4);
  });

  test("a plugin that cannot be loaded is named, and the others go on", async () => {
    const cwd = await project("plugins", {
      "package.json": JSON.stringify({
        name: "p",
        dependencies: { "builder-broken": "1.0.0", "builder-greets": "1.0.0" },
      }),
      "node_modules/builder-broken/package.json": JSON.stringify({
        name: "builder-broken",
        version: "1.0.0",
        imagespec: { contract: 99, builders: {} },
      }),
      "node_modules/builder-greets/package.json": JSON.stringify({
        name: "builder-greets",
        version: "1.0.0",
        type: "module",
        exports: { ".": "./index.js", "./cli": "./cli.js" },
        imagespec: { contract: 1, builders: {}, cli: "./cli" },
      }),
      "node_modules/builder-greets/index.js": "export {};",
      "node_modules/builder-greets/cli.js":
        'export const cli = { doctor: [], commands: [{ name: "greet", summary: "says hello", help: "usage: greet", async run(argv, { stdout }) { stdout.write(["hello", ...argv].join(" ") + "\\n"); return 7; } }] };',
    });
    const { exitCode, stdout } = await imagespec(["builders"], cwd);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ {2}assemble +100 +@imagespec\/builder-assemble/m);
    expect(stdout).toMatch(/greet +says hello/);
    expect(stdout).toMatch(/builder-broken.*BUILDER_CONTRACT/);
    expect(await imagespec(["greet", "--loud"], cwd)).toMatchObject({ exitCode: 7, stdout: "hello --loud\n" });
    expect(await imagespec(["gret"], cwd)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('"imagespec greet"'),
    });
  });
});

test("init writes a spec that can be planned, once", async () => {
  const cwd = await project("init", { "requirements.txt": "six\n", "src/train/__main__.py": "" });
  expect(await imagespec(["init"], cwd)).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("wrote image.yaml"),
  });
  expect(await imagespec(["init"], cwd)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--force") });
  expect((await imagespec(["init", "--force"], cwd)).exitCode).toBe(0);
  expect(await readFile(path.join(cwd, "image.yaml"), "utf8")).toContain('entrypoint: ["python", "-m", "train"]');
  const { exitCode, stdout } = await imagespec(["plan", "--json"], cwd);
  expect([exitCode, JSON.parse(stdout)]).toMatchObject([0, { images: [{ action: "build", builder: "assemble" }] }]);
});

test("registry serve says where it listens, keeps what is pushed, and ends when asked", async () => {
  const child = start(["registry", "serve", "--port", "0", "--root", "kept"], folder.path);
  const [line] = await once(child.stdout?.setEncoding("utf8") as NodeJS.ReadableStream, "data");
  const response = await fetch(`http://${String(line).trim()}/v2/`);
  expect(response.status).toBe(200);
  const closed = once(child, "close");
  child.kill("SIGTERM");
  expect((await closed)[0]).toBe(143);
});

describe("an interruption", () => {
  let silent: Server;
  beforeAll(async () => {
    // A registry that takes requests and never answers.
    silent = createServer(() => {}).listen(0, "127.0.0.1");
    await once(silent, "listening");
  });
  afterAll(() => {
    silent.closeAllConnections();
    silent.close();
  });

  test("ends a build within a second, with exit code 130", async () => {
    const cwd = await project("interrupted", { "image.yaml": spec });
    const { port } = silent.address() as AddressInfo;
    const asked = once(silent, "request");
    const child = start(["build", "--registry", `127.0.0.1:${port}`], cwd);
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    await asked;
    const closed = once(child, "close");
    const since = performance.now();
    child.kill("SIGINT");
    const [exitCode] = await closed;
    expect(exitCode).toBe(130);
    expect(performance.now() - since).toBeLessThan(10_000);
    expect(stderr).toContain("ABORTED");
  });
});

describe("from a spec to a running program", () => {
  let cwd: string;

  beforeAll(async () => {
    cwd = await project("train", {
      "image.yaml": `${spec}packages: [six]\nsourceRoot: src\nenv: { WHO: "o'world $x" }\nentrypoint: [python, -m, train]\n`,
      "src/train.py":
        "import os, sys, six\nprint('hello' if six.PY3 else '', os.environ['WHO'], os.getcwd(), os.getuid(), *sys.argv[1:])\nsys.exit(3 if 'fail' in sys.argv else 0)\n",
    });
  });

  test("build, plan, run, change", async () => {
    await using registry = await startRegistryServer();
    const there = ["--registry", registry.address];
    const first = await imagespec(["build", ...there], cwd);
    expect(first).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^ {2}image {2}127\.0\.0\.1:\d+\/acme\/train:u1-[a-z2-7]{16} {2}\(/),
    });
    expect(first.stderr).toMatch(/acme\/train:u1-[a-z2-7]{16} {2}python 3\.13 · linux\/amd64 · builder assemble\n/);
    expect(first.stderr).toMatch(/^ {2}✔ layers /m);

    const quiet = await imagespec(["build", "--quiet", ...there], cwd);
    expect(quiet).toMatchObject({
      exitCode: 0,
      stderr: "",
      stdout: expect.stringMatching(/^127\.0\.0\.1:\d+\/acme\/train:u1-[a-z2-7]{16}\n$/),
    });
    expect((await imagespec(["plan", ...there], cwd)).stdout).toContain("exists");

    await writeFile(path.join(cwd, "src", "train.py"), "print('changed')\n", { flag: "a" });
    const changed = await imagespec(["build", "--json", ...there], cwd);
    const last = JSON.parse(changed.stdout.trimEnd().split("\n").at(-1) ?? "") as {
      images: { layers: unknown; reference: string }[];
    };
    expect(last.images[0]).toMatchObject({ action: "built", layers: { built: 1 } });
    expect(`${last.images[0]?.reference}\n`).not.toBe(quiet.stdout);
  });

  test.skipIf(process.platform !== "linux" || process.getuid?.() !== 0)(
    "run passes on arguments, variables and the exit code",
    async () => {
      const run = (...args: readonly string[]) => imagespec(["run", "--runner", "linux", ...args], cwd);
      expect(await run("--", "a", "b c")).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining("hello o'world $x /app 65532 a b c\n"),
      });
      expect(await run("-e", "WHO=you", "--", "fail")).toMatchObject({
        exitCode: 3,
        stdout: "hello you /app 65532 fail\n",
      });
      expect(await run("--entrypoint", "sh", "--", "-c", "kill -TERM $$")).toMatchObject({ exitCode: 143 });
      expect(await run("--entrypoint", "no-such-program")).toMatchObject({ exitCode: 127 });
      // What a program writes does not stay.
      await run("--entrypoint", "sh", "--", "-c", "touch /app/left-behind");
      expect((await run("--entrypoint", "ls", "--", "/app")).stdout).not.toContain("left-behind");
    },
  );
});
