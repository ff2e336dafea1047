import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";

const loader = fileURLToPath(new URL("../bin/kept-code.js", import.meta.url));
const importer = fileURLToPath(new URL("../bin/import-module.js", import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagespec-kept-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A program of two files, each large enough to be kept, that says what it is and imports a module. */
async function writeProgram(answer: string): Promise<void> {
  const padding = `// ${"-".repeat(30_000)}\n`;
  await writeFile(join(folder, "part.cjs"), `${padding}exports.answer = () => "${answer}";\n`);
  await writeFile(
    join(folder, "program.cjs"),
    `"use strict";\nconst importModule = require(${JSON.stringify(importer)});\nconst { answer } = require("./part.cjs");\n${padding}
exports.start = async () => process.stdout.write(answer() + (await importModule("node:path")).sep);\n`,
  );
}

function start(): string {
  const code = `require(${JSON.stringify(loader)}).loadKept(${JSON.stringify(join(folder, "program.cjs"))}, ${JSON.stringify(join(folder, "kept"))}).start();`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", code], { encoding: "utf8" });
  return stdout + stderr;
}

async function keptFiles(): Promise<readonly string[]> {
  const [version = ""] = await readdir(join(folder, "kept"));
  return (await readdir(join(folder, "kept", version))).map((name) => join(folder, "kept", version, name));
}

it("runs the same from code that was kept", async () => {
  await writeProgram("one");
  expect(start()).toBe("one/");
  expect(await keptFiles()).toHaveLength(2);
  expect(start()).toBe("one/");
  expect(await keptFiles()).toHaveLength(2);
});

it("never runs what was kept of other source, though it is as long", async () => {
  await writeProgram("one");
  start();
  await writeProgram("two");
  expect(start()).toBe("two/");
});

it("compiles anew what cannot be used", async () => {
  await writeProgram("one");
  start();
  for (const file of await keptFiles()) await writeFile(file, "no code");
  expect(start()).toBe("one/");
});

it("runs where nothing can be kept", async () => {
  await writeProgram("one");
  await writeFile(join(folder, "kept"), "a file");
  expect(start()).toBe("one/");
});
