import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkCommand, checkScript } from "../src/check-command.ts";
import { checkData, checkJsonLines } from "../src/check-data.ts";
import { checkTypes, modulePath } from "../src/check-types.ts";
import { type CodeBlock, hasDirective, placeOf } from "../src/code-block.ts";
import { findMarkdown } from "../src/find-markdown.ts";
import { parseMarkdown } from "../src/parse-markdown.ts";
import { runBlock } from "../src/run-block.ts";
import { shellCommands } from "../src/shell-commands.ts";

const here = path.dirname(import.meta.dirname);
const root = path.join(here, "..", "..");
const pages = await Promise.all(
  (await findMarkdown(root)).map(async (file) => ({ file, text: await readFile(path.join(root, file), "utf8") })),
);
const blocks = pages.flatMap(({ file, text }) => parseMarkdown(text, file));
const modules = blocks.filter(({ language }) => ["ts", "js", "jsonl"].includes(language));

let folder: string;
let typeProblems: ReadonlyMap<CodeBlock, readonly string[]>;
beforeAll(async () => {
  // Inside of this package, so that imports find its dependencies.
  folder = await mkdtemp(path.join(here, ".blocks-"));
  typeProblems = await checkTypes(modules, folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function workspacePackages(): Promise<ReadonlySet<string>> {
  const names: string[] = [];
  for (const group of ["packages", "plugins"]) {
    for (const name of await readdir(path.join(root, group))) {
      const manifest: { readonly name: string } = JSON.parse(
        await readFile(path.join(root, group, name, "package.json"), "utf8"),
      );
      names.push(manifest.name);
    }
  }
  return new Set(names);
}

async function check(block: CodeBlock): Promise<readonly string[]> {
  switch (block.language) {
    case "yaml":
    case "json":
      return checkData(block, block.language);
    case "jsonl":
      return [...checkJsonLines(block), ...(typeProblems.get(block) ?? [])];
    case "ts":
    case "js": {
      const problems = typeProblems.get(block) ?? [];
      if (problems.length > 0 || !hasDirective(block, "run")) return problems;
      return runBlock(block, path.join(folder, modulePath(block)));
    }
    case "console": {
      const place = { root, folder: path.join(root, path.dirname(block.file)), packages: await workspacePackages() };
      const commands = shellCommands(block);
      const found = await Promise.all(commands.map(({ words }) => checkCommand(words, place)));
      return found.flatMap((problem, index) =>
        problem === undefined ? [] : [`${block.file}:${commands[index]?.line}: ${problem}`],
      );
    }
    case "text":
    // Run by the tests of the Python package.
    case "python":
      return [];
    default:
      return [`${placeOf(block)}: "${block.language}" is none of yaml, json, jsonl, ts, js, python, console, text`];
  }
}

async function checkShownFiles({ file, line, code, directives }: CodeBlock): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const directive of directives) {
    if (directive.kind !== "file") continue;
    const shown = await readFile(path.join(root, directive.path), "utf8").catch(() => undefined);
    if (shown === undefined) problems.push(`${file}:${line}: there is no file "${directive.path}"`);
    else if (shown !== code) problems.push(`${file}:${line}: this is not what "${directive.path}" says`);
  }
  return problems;
}

describe.each(pages)("$file", ({ file, text }) => {
  for (const block of blocks.filter((candidate) => candidate.file === file)) {
    test(`${block.language} in line ${block.line}`, async () => {
      expect([...(await check(block)), ...(await checkShownFiles(block))]).toEqual([]);
    });
  }

  test("the scripts that its sentences name exist", () => {
    const names = [...text.matchAll(/`npm run ([\w:-]+)[^`]*`/g)].map(([, name = ""]) => name);
    expect(names.map((name) => checkScript(name, root)).filter((problem) => problem !== undefined)).toEqual([]);
  });
});

test("the checks find what is wrong", async () => {
  const [bad, comment] = parseMarkdown(
    "<!-- bad -->\n```yaml\npackages: []\n```\n\n```console\n$ A=1 imagespec x # y\n```\n",
    "x.md",
  );
  expect(bad && checkData(bad, "yaml")).toEqual(["x.md:3: this spec is marked as bad, but it is accepted"]);
  expect(comment && shellCommands(comment)).toEqual([{ words: ["imagespec", "x"], line: 7 }]);
  expect(() => parseMarkdown("<!-- rnu -->\n```ts\n```", "x.md")).toThrow('x.md:1: "rnu" is no directive');
});
