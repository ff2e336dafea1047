import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { formatWithOptions } from "node:util";
import { type CodeBlock, placeOf } from "./code-block.ts";

/**
 * Runs a module in an empty folder, which is also its folder for temporary files, and compares what it prints with what the comments behind its `console.log` calls say, in
 * their order. What has no such comment may print anything.
 */
export async function runBlock(block: CodeBlock, module: string): Promise<readonly string[]> {
  const printed: string[] = [];
  const before = { folder: process.cwd(), log: console.log, temporary: process.env["TMPDIR"] };
  const folder = await mkdtemp(path.join(tmpdir(), "docs-run-"));
  console.log = (...values: unknown[]) => {
    printed.push(formatWithOptions({ colors: false }, ...values));
  };
  process.chdir(folder);
  process.env["TMPDIR"] = folder;
  try {
    await import(/* @vite-ignore */ pathToFileURL(module).href);
  } finally {
    process.chdir(before.folder);
    console.log = before.log;
    if (before.temporary === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before.temporary;
    await rm(folder, { recursive: true, force: true });
  }
  return compare(block, printed);
}

function compare(block: CodeBlock, printed: readonly string[]): readonly string[] {
  let position = 0;
  for (const [index, line] of block.code.split("\n").entries()) {
    const [, expected] = /console\.log\(.*\);\s*\/\/ (.+)$/.exec(line) ?? [];
    if (expected === undefined) continue;
    const found = printed.indexOf(expected, position);
    if (found === -1) {
      const rest = printed.slice(position).map((text) => `    ${text}`);
      return [
        `${block.file}:${block.line + index}: "${expected}" is not printed; from ${placeOf(block)} on comes\n${rest.join("\n")}`,
      ];
    }
    position = found + 1;
  }
  return [];
}
