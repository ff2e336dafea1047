import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ImageSpec, type ImageSpecInput } from "@imagespec/core";
import { expect, test } from "vitest";
import { cli } from "./cli.ts";
import * as plugin from "./index.ts";
import { pinTable } from "./pins/pin-table.ts";

const folder = join(import.meta.dirname, "..");

test("exports exactly this", () => {
  expect(Object.keys(plugin)).toEqual(["nix"]);
  expect(cli.commands.map(({ name }) => name)).toEqual(["nix"]);
  expect(cli.doctor.map(({ name }) => name)).toEqual(["nix: version", "nix: sandbox"]);
});

test("what package.json promises to discovery is there", async () => {
  const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
    readonly imagespec: { readonly builders: Readonly<Record<string, string>> };
  };
  expect(manifest.imagespec.builders).toEqual({ [plugin.nix().name]: "nix" });
});

test("the spec of the README's example is valid", async () => {
  const readme = await readFile(join(folder, "README.md"), "utf8");
  const literal = /new ImageSpec\((\{.*?\})\);/s.exec(readme)?.[1] ?? "";
  const input = new Function(`return (${literal})`)() as ImageSpecInput;
  expect(new ImageSpec(input).name).toBe("acme/train");
});

test("the guide names every pin of the table", async () => {
  const guide = await readFile(join(folder, "../../docs/plugins/nix.md"), "utf8");
  for (const [minor, { branch }] of Object.entries(pinTable)) expect(guide).toContain(`| ${minor} | ${branch} |`);
});

test("every code of its own is described on the page of the plugin", async () => {
  const page = await readFile(join(folder, "../../docs/plugins/nix.md"), "utf8");
  const source = await readFile(join(folder, "src/errors/nix-errors.ts"), "utf8");
  const codes = source.match(/\bNIX_[A-Z_]+(?=: \{)/g) ?? [];
  expect(codes.length).toBeGreaterThan(5);
  for (const code of codes) expect(page).toContain(`- \`${code}\`: `);
});
