import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { commands } from "./commands.ts";
import { main } from "./main.ts";
import { testContext } from "./testing/test-context.ts";

async function run(...argv: readonly string[]) {
  const context = testContext();
  return { exitCode: await main(argv, context), ...context.output() };
}

test("help lists every command", async () => {
  const { exitCode, stdout } = await run("--help");
  expect(exitCode).toBe(0);
  for (const name of commands.keys()) expect(stdout).toMatch(new RegExp(`^ {2}${name} `, "m"));
});

test("without a command, help is an error", async () => {
  const { exitCode, stdout, stderr } = await run();
  expect([exitCode, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("usage: imagespec COMMAND");
});

test("the version is the package's", async () => {
  const manifest: unknown = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
  expect((await run("--version")).stdout.trim()).toBe((manifest as { version: string }).version);
});

test.each([...commands.keys()])("%s has help under its own name", async (name) => {
  const { exitCode, stdout } = await run(name, "--help");
  expect(exitCode).toBe(0);
  expect(stdout.startsWith(`usage: imagespec ${name} `)).toBe(true);
  expect((await run("help", name)).stdout).toBe(stdout);
});

test("a usage error says how, in the form that was asked for", async () => {
  expect(await run("build", "--bogus")).toMatchObject({
    exitCode: 2,
    stdout: "",
    stderr: expect.stringContaining("CLI_USAGE"),
  });
  const { exitCode, stdout, stderr } = await run("build", "--json", "--bogus");
  expect([exitCode, stderr]).toEqual([2, ""]);
  expect(JSON.parse(stdout)).toMatchObject({ type: "error", exitCode: 2, error: { code: "CLI_USAGE" } });
});

test("what belongs to a program after -- is not looked at", async () => {
  const { stdout } = await run("run", "/nowhere/image.yaml", "--", "--help");
  expect(stdout).toBe("");
});
