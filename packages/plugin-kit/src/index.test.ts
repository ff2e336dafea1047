import { readFile } from "node:fs/promises";
import * as registryClient from "@imagespec/registry-client";
import * as registryServer from "@imagespec/registry-server";
import { expect, test } from "vitest";
import * as pluginKit from "./index.ts";

test("exports exactly this", () => {
  expect(Object.keys(pluginKit).sort()).toEqual([
    "checkImageContract",
    "compareImages",
    "createEventRecorder",
    "createFakeBuilder",
    "fakeCapabilities",
    "formatConformance",
    "layerFiles",
    "resolveInImage",
    "runConformance",
    "startFaultProxy",
    "startRegistryServer",
    "testBuilder",
    "validateImage",
  ]);
});

test("the example of the README prints what its comments say", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const example = /```js\n(.*?)```/s.exec(readme)?.[1] ?? "";
  const expected = [...example.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]);
  const printed: string[] = [];
  const modules = {
    "@imagespec/plugin-kit": pluginKit,
    "@imagespec/registry-client": registryClient,
    "@imagespec/registry-server": registryServer,
  };
  const console = { log: (...values: unknown[]) => printed.push(values.join(" ")) };
  const body = example.replaceAll(/^import (\{[^}]*\}) from ("[^"]+");/gm, "const $1 = modules[$2];");
  await new Function("modules", "console", `return (async () => {${body}})()`)(modules, console);
  expect(expected.length).toBeGreaterThan(1);
  expect(printed).toEqual(expected);
});
