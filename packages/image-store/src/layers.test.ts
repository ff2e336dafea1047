import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { temporaryFolder } from "./testing/temporary-folder.ts";

test("the example of the README writes a layer", async () => {
  await using folder = await temporaryFolder();
  const readme = await readFile(join(import.meta.dirname, "../README.md"), "utf8");
  const example = /^## Layers\n.*?```ts\n(.*?)```/ms.exec(readme)?.[1] ?? "";
  const file = join(import.meta.dirname, "testing", `readme-${process.pid}.ts`);
  const printed: unknown[] = [];
  const code = example
    .replaceAll(/"@imagespec\/image-store(\/layers)?"/g, (_, layers) => (layers ? '"../layers.ts"' : '"../index.ts"'))
    .replace("/tmp/imagespec-example", folder.path)
    .replace("console.log", "export const printed = [] as unknown[];\nprinted.push");
  await writeFile(file, code);
  try {
    printed.push(...((await import(pathToFileURL(file).href)) as { printed: unknown[] }).printed);
  } finally {
    await rm(file);
  }
  expect(printed).toEqual([expect.stringMatching(/^sha256:/), expect.stringMatching(/^sha256:/)]);
});
