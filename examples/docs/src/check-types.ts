import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { type CodeBlock, placeOf } from "./code-block.ts";

const compiler = path.join(
  path.dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
  "bin",
  "tsc",
);

/** As strict as the sources of the packages; only what is about publishing declarations is left out. */
const strictOptions = {
  noEmit: true,
  isolatedDeclarations: false,
  declaration: false,
  declarationMap: false,
  sourceMap: false,
};
/** JavaScript has no types to be strict about: names, members and arguments are checked. */
const looseOptions = {
  ...strictOptions,
  allowJs: true,
  checkJs: true,
  strict: false,
  noUncheckedIndexedAccess: false,
  exactOptionalPropertyTypes: false,
  noPropertyAccessFromIndexSignature: false,
};

/** Where the code of a block is written: a folder for each page, in which the blocks with names find each other. */
export function modulePath({ file, line, name, language }: CodeBlock): string {
  const page = file.replace(/\.md$/, "").replace(/[^A-Za-z0-9]+/g, "-");
  return path.posix.join(page, name ?? `line-${line}.${language === "js" ? "js" : "ts"}`);
}

/**
 * Writes TypeScript, JavaScript and typed JSON lines as modules into a folder of this package and type-checks them together.
 * Line numbers are those of the Markdown.
 */
export async function checkTypes(
  blocks: readonly CodeBlock[],
  folder: string,
): Promise<ReadonlyMap<CodeBlock, readonly string[]>> {
  const byName = new Map(blocks.map((block) => [modulePath(block), block]));
  if (byName.size < blocks.length)
    throw new Error(`two blocks of a page have one name: ${twice(blocks.map(modulePath))}`);
  for (const [name, block] of byName) {
    const target = path.join(folder, name);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, moduleText(block));
  }
  const names = [...byName.keys()];
  const outputs = await Promise.all([
    compile(
      folder,
      "typescript.json",
      strictOptions,
      names.filter((name) => byName.get(name)?.language !== "js"),
    ),
    compile(
      folder,
      "javascript.json",
      looseOptions,
      names.filter((name) => byName.get(name)?.language === "js"),
    ),
  ]);
  const problems = new Map<CodeBlock, string[]>(blocks.map((block) => [block, []]));
  for (const line of outputs.flatMap((output) => output.split("\n"))) {
    const [, file = "", row = "", message = ""] = /^(.+)\((\d+),\d+\): (error .+)$/.exec(line) ?? [];
    // The packages' own files are type-checked elsewhere.
    const block = byName.get(file);
    if (block !== undefined) problems.get(block)?.push(`${block.file}:${block.line + Number(row) - 1}: ${message}`);
    else if (/^error /.test(line)) throw new Error(line);
  }
  return problems;
}

function twice(names: readonly string[]): string | undefined {
  return names.find((name, index) => names.indexOf(name) !== index);
}

function moduleText(block: CodeBlock): string {
  const given = block.directives.flatMap((directive) => (directive.kind === "given" ? [directive.declaration] : []));
  if (given.length > 0 && block.language !== "ts")
    throw new Error(`${placeOf(block)}: only ts blocks can be given something`);
  const code = block.language === "jsonl" ? jsonLinesModule(block) : block.code;
  return `${code}export {};\n${given.map((declaration) => `declare ${declaration}\n`).join("")}`;
}

function jsonLinesModule({ code, directives }: CodeBlock): string {
  const types = directives.flatMap((directive) => (directive.kind === "each" ? [directive.type] : []));
  return code
    .trimEnd()
    .split("\n")
    .map((line, index) => `export const line${index}: ${types[0] ?? "unknown"} = ${line};\n`)
    .join("");
}

async function compile(
  folder: string,
  config: string,
  compilerOptions: object,
  files: readonly string[],
): Promise<string> {
  if (files.length === 0) return "";
  const text = JSON.stringify({ extends: "../../../tsconfig.base.json", compilerOptions, files });
  await writeFile(path.join(folder, config), text);
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [compiler, "-p", config, "--pretty", "false"],
      { cwd: folder, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => {
        // It ends with a code of its own when it finds errors, and with a text in place of the code when it cannot be started.
        if (error === null || (typeof error.code === "number" && stdout !== "")) resolve(stdout);
        else reject(new Error(`tsc failed: ${stderr || error.message}`));
      },
    );
  });
}
