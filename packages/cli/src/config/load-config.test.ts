import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadConfig } from "./load-config.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagespec-config-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFile(join(folder, name), text);

test("nothing is configured without a file", async () => {
  expect(await loadConfig(folder)).toEqual({ config: {}, file: undefined, folder });
});

describe("reads", () => {
  test.each([
    ["imagespec.config.yaml", "registry: r.dev\nbuilders:\n  buildkit: { priority: 110, options: { host: x } }\n"],
    ["imagespec.config.json", '{"registry":"r.dev","builders":{"buildkit":{"priority":110,"options":{"host":"x"}}}}'],
    [
      "imagespec.config.mjs",
      'export default { registry: "r.dev", builders: { buildkit: { priority: 110, options: { host: "x" } } } };',
    ],
    [
      "imagespec.config.ts",
      'const registry: string = "r.dev";\nexport default { registry, builders: { buildkit: { priority: 110, options: { host: "x" } } } };',
    ],
  ])("%s", async (name, text) => {
    await write(name, text);
    const { config, file } = await loadConfig(folder);
    expect(config).toEqual({ registry: "r.dev", builders: { buildkit: { priority: 110, options: { host: "x" } } } });
    expect(file).toBe(join(folder, name));
  });
});

test("is found above, up to the root of the repository and not further", async () => {
  await mkdir(join(folder, "repo", ".git"), { recursive: true });
  await mkdir(join(folder, "repo", "a", "b"), { recursive: true });
  await write("imagespec.config.yaml", "registry: outside.dev\n");
  expect((await loadConfig(join(folder, "repo", "a", "b"))).config).toEqual({});
  await write("repo/imagespec.config.yaml", "registry: inside.dev\n");
  const found = await loadConfig(join(folder, "repo", "a", "b"));
  expect([found.config.registry, found.folder]).toEqual(["inside.dev", join(folder, "repo")]);
});

test("outside of a repository nothing above counts", async () => {
  await mkdir(join(folder, "a"));
  await write("imagespec.config.yaml", "registry: above.dev\n");
  expect((await loadConfig(join(folder, "a"))).config).toEqual({});
});

test("every problem is named", async () => {
  await write(
    "imagespec.config.yaml",
    "registy: r.dev\nconcurrency: 0\nexistence: maybe\nmirrors: [a]\nbuilders: { nix: { prio: 1, priority: x }, aws: 3 }\n",
  );
  await expect(loadConfig(folder)).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    problems: [
      { path: "registy", hint: 'write "registry"' },
      { path: "concurrency", message: "concurrency is 0" },
      { path: "existence", hint: "give one of build, assume, fail" },
      { path: "mirrors" },
      { path: "builders.nix.prio", hint: "write it below builders.nix.options" },
      { path: "builders.nix.priority", message: 'builders.nix.priority is "x"' },
      { path: "builders.aws" },
    ],
  });
});

test.each([
  ["imagespec.config.yaml", "a: [", "cannot be read"],
  ["imagespec.config.json", "[]", "is no mapping of settings"],
  ["imagespec.config.mjs", "export const config = {};", "is no mapping of settings"],
  ["imagespec.config.mjs", "throw new Error('no way');", "no way"],
])("%s with %j is refused", async (name, text, message) => {
  await write(name, text);
  await expect(loadConfig(folder)).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining(message),
  });
});

test("an empty file configures nothing", async () => {
  await write("imagespec.config.yaml", "# later\n");
  expect((await loadConfig(folder)).config).toEqual({});
});
