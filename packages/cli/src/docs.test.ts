import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commands } from "./commands.ts";
import { configNames } from "./config/find-config.ts";
import { loadConfig } from "./config/load-config.ts";
import { checkedSettings } from "./config/validate-config.ts";
import { main } from "./main.ts";
import { testContext } from "./testing/test-context.ts";

const docs = await readFile(new URL("../../../docs/reference/cli.md", import.meta.url), "utf8");

async function help(...argv: readonly string[]): Promise<string> {
  const context = testContext();
  await main([...argv, "--help"], context);
  return context.output().stdout;
}

test("the overview is the one that the command prints", async () => {
  expect(/^# The command\n\n```text\n(.*?)```/ms.exec(docs)?.[1]).toBe(await help());
});

test.each([...commands.keys()])("the help of %s is the one that it prints", async (name) => {
  const section = docs.split(`### imagespec ${name}\n`)[1] ?? "";
  expect(/^\n```text\n(.*?)```/s.exec(section)?.[1]).toBe(await help(name));
});

test("the example of a configuration can be read, and shows every setting", async () => {
  const folder = await mkdtemp(join(tmpdir(), "imagespec-docs-"));
  try {
    const example = /```yaml\n# imagespec\.config\.yaml\n(.*?)```/s.exec(docs)?.[1] ?? "";
    await writeFile(join(folder, "imagespec.config.yaml"), example);
    const { config } = await loadConfig(folder);
    expect(Object.keys(config).sort()).toEqual([...checkedSettings].sort());
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("every name of a configuration file is there", () => {
  for (const name of configNames)
    expect(docs).toContain(`\`${name.replace("imagespec.config", "")}\``.replace("`.ts`", "`imagespec.config.ts`"));
});
