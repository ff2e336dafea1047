import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ImageSpec, type ImageSpecInput } from "@imagespec/core";
import { expect, test } from "vitest";
import { cli } from "./cli.ts";
import * as plugin from "./index.ts";

const folder = join(import.meta.dirname, "..");

test("exports exactly this", () => {
  expect(Object.keys(plugin)).toEqual(["buildkit"]);
  expect(cli.commands).toEqual([]);
  expect(cli.doctor.map(({ name }) => name)).toEqual(["buildkit: daemon", "buildkit: docker buildx"]);
});

test("what package.json promises to discovery is there", async () => {
  const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
    readonly imagespec: { readonly builders: Readonly<Record<string, string>> };
  };
  expect(manifest.imagespec.builders).toEqual({ [plugin.buildkit().name]: "buildkit" });
});

test("the spec of the README's example is valid", async () => {
  const readme = await readFile(join(folder, "README.md"), "utf8");
  const literal = /new ImageSpec\((\{.*?\})\);/s.exec(readme)?.[1] ?? "";
  const input = new Function(`return (${literal})`)() as ImageSpecInput;
  expect(new ImageSpec(input).name).toBe("acme/train");
});
