import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const loader = fileURLToPath(new URL("../bin/kept-code.js", import.meta.url));
const importer = fileURLToPath(new URL("../bin/import-module.js", import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagespec-kept-"));
  await chmod(folder, 0o755);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A program of a small file and two that are large enough to be kept, which says what it is and imports a module. */
async function writeProgram(answer: string, version = "aaaaaaaa"): Promise<void> {
  const padding = `// ${"-".repeat(30_000)}\n`;
  await writeFile(join(folder, `part-${version}.cjs`), `${padding}exports.answer = () => "${answer}";\n`);
  await writeFile(
    join(folder, `main-${version}.cjs`),
    `"use strict";\nconst importModule = require(${JSON.stringify(importer)});\nconst { answer } = require("./part-${version}.cjs");\n${padding}
exports.start = async () => process.stdout.write(answer() + typeof (await importModule("node:path")).sep);\n`,
  );
  await writeFile(join(folder, "program.cjs"), `exports.start = require("./main-${version}.cjs").start;\n`);
}

function commandLine(...flags: readonly string[]): readonly string[] {
  const kept = JSON.stringify(join(folder, "kept"));
  const program = JSON.stringify(join(folder, "program.cjs"));
  return [...flags, "-e", `require(${JSON.stringify(loader)}).loadKept(${program}, ${kept}).start();`];
}

function start(
  flags: readonly string[] = [],
  options: { readonly uid?: number; readonly env?: NodeJS.ProcessEnv } = {},
): string {
  const { stdout, stderr, signal } = spawnSync(process.execPath, commandLine(...flags), {
    encoding: "utf8",
    ...options,
  });
  return stdout + stderr + (signal ?? "");
}

async function keptFiles(): Promise<readonly string[]> {
  const [version = ""] = await readdir(join(folder, "kept"));
  return (await readdir(join(folder, "kept", version))).sort().map((name) => join(folder, "kept", version, name));
}

/** Whether the files have been kept by this run and no earlier one. */
async function times(): Promise<readonly string[]> {
  return Promise.all((await keptFiles()).map(async (file) => (await readFile(file)).toString("hex")));
}

it("runs the same from code that was kept", async () => {
  await writeProgram("one");
  expect(start()).toBe("onestring");
  const kept = await times();
  expect(kept).toHaveLength(2);
  expect(start()).toBe("onestring");
  expect(await times()).toEqual(kept);
});

it("never runs what was kept of another version, though it is as long", async () => {
  await writeProgram("one");
  start();
  await writeProgram("two", "bbbbbbbb");
  expect(start()).toBe("twostring");
});

it("keeps nothing of a file whose name does not tell what is in it", async () => {
  await writeProgram("one");
  await writeFile(
    join(folder, "program.cjs"),
    `${await readFile(join(folder, "program.cjs"), "utf8")}// ${"-".repeat(30_000)}\n`,
  );
  start();
  expect(await keptFiles()).toHaveLength(2);
});

describe("what cannot be used is compiled anew", () => {
  const damages: Readonly<Record<string, (file: string) => Promise<void>>> = {
    garbage: (file) => writeFile(file, "no code"),
    "an empty file": (file) => writeFile(file, ""),
    "a file that was cut off": async (file) => truncate(file, Math.floor((await readFile(file)).length / 2)),
    // As after a power cut. V8 does not look, and crashes.
    "a page of zeros": async (file) => writeFile(file, (await readFile(file)).fill(0, 400, 700)),
    "one changed bit": async (file) => {
      const bytes = await readFile(file);
      bytes[600] = (bytes[600] ?? 0) ^ 16;
      await writeFile(file, bytes);
    },
  };
  it.each(Object.entries(damages))("%s", async (_what, damage) => {
    await writeProgram("one");
    start();
    const kept = (await times()).map((text) => text.length);
    for (const file of await keptFiles()) await damage(file);
    expect(start()).toBe("onestring");
    expect((await times()).map((text) => text.length)).toEqual(kept);
  });
});

it("runs with flags and options that code was not compiled for", async () => {
  await writeProgram("one");
  for (const flags of [[], ["--no-opt"], ["--enable-source-maps"], ["--stack-size=900"], []]) {
    expect(start(flags)).toBe("onestring");
  }
  const env = { ...process.env, NODE_OPTIONS: "--enable-source-maps --max-old-space-size=200" };
  expect(start([], { env })).toBe("onestring");
});

it("runs in many processes at once", async () => {
  await writeProgram("one");
  const answers = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const child = spawn(process.execPath, commandLine(), { stdio: ["ignore", "pipe", "inherit"] });
      let answer = "";
      child.stdout.on("data", (text: Buffer) => {
        answer += text.toString();
      });
      await once(child, "close");
      return answer;
    }),
  );
  expect(new Set(answers)).toEqual(new Set(["onestring"]));
  expect(await keptFiles()).toHaveLength(2);
  expect(start()).toBe("onestring");
});

it("has names that every file system takes", async () => {
  await writeProgram("one");
  start();
  for (const file of await keptFiles()) expect(file.slice(folder.length)).toMatch(/^[\w./\\-]+$/);
});

it("runs where nothing can be kept", async () => {
  await writeProgram("one");
  await writeFile(join(folder, "kept"), "a file");
  expect(start()).toBe("onestring");
});

it.skipIf(process.platform === "win32")("runs in a folder of somebody else", async () => {
  await writeProgram("one");
  await chmod(folder, 0o555);
  try {
    // Nothing is read-only to root.
    expect(start([], process.getuid?.() === 0 ? { uid: 65_534 } : {})).toBe("onestring");
    expect(await readdir(folder)).not.toContain("kept");
  } finally {
    await chmod(folder, 0o755);
  }
});
