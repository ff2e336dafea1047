import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cli } from "./cli.ts";
import * as plugin from "./index.ts";
import { registries } from "./registries.ts";

test("exports exactly this", () => {
  expect(Object.keys(plugin)).toEqual(["awsCodebuild"]);
  expect(registries().map(({ name }) => name)).toEqual(["ecr"]);
  expect(cli.commands.map(({ name }) => name)).toEqual(["aws"]);
  expect(cli.doctor.map(({ name }) => name)).toEqual([
    "aws: credentials",
    "aws: project",
    "aws: builds",
    "aws: bucket",
    "aws: registry login",
    "aws: logs",
  ]);
});

test("what package.json promises to discovery is there", async () => {
  const manifest = JSON.parse(await readFile(join(import.meta.dirname, "..", "package.json"), "utf8")) as {
    readonly imagespec: { readonly builders: Readonly<Record<string, string>> };
  };
  expect(manifest.imagespec.builders).toEqual({ [plugin.awsCodebuild().name]: "awsCodebuild" });
});
