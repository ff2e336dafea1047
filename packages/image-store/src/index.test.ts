import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as oci from "@imagespec/oci";
import { expect, test } from "vitest";
import * as imageStore from "./index.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

test("exports exactly this", () => {
  expect(Object.keys(imageStore).sort()).toEqual([
    "decompress",
    "defaultCacheFolder",
    "dockerArchiveStream",
    "findDamagedContent",
    "onDisk",
    "openContentStore",
    "openKeyIndex",
    "openLocalImageStore",
    "openOciLayout",
    "readDockerArchive",
    "readTar",
    "tarHeader",
    "tarPadding",
    "tarTrailer",
    "withFileLock",
    "writeDockerArchive",
  ]);
});

test("the example of the README prints what its comments say", async () => {
  await using folder = await temporaryFolder();
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const example = /```js\n(.*?)```/s.exec(readme)?.[1] ?? "";
  const expected = [...example.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]);
  const printed: string[] = [];
  const modules = {
    "@imagespec/oci": oci,
    "@imagespec/image-store": imageStore,
    "node:path": { join },
    "node:os": { tmpdir },
    "node:fs/promises": { mkdtemp: async () => folder.path },
  };
  const console = { log: (...values: unknown[]) => printed.push(values.join(" ")) };
  const body = example.replaceAll(/^import (\{[^}]*\}) from ("[^"]+");/gm, "const $1 = modules[$2];");
  await new Function("modules", "console", `return (async () => {${body}})()`)(modules, console);
  expect(expected.length).toBeGreaterThan(3);
  expect(printed).toEqual(expected);
});
