import { readFile } from "node:fs/promises";
import { ImageSpecError, sharedErrors } from "@imagespec/errors";
import { expect, test } from "vitest";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";

// The keys of the catalogue are its codes.
const codes = Object.keys(sharedErrors) as (keyof typeof sharedErrors)[];
const codesWith = (exitCode: number) => codes.filter((code) => exitCodeOf(new ImageSpecError(code, "x")) === exitCode);

test("every code of the catalogue has an exit code of the table", () => {
  const known = new Set<number>(Object.values(exitCodes));
  for (const code of codes) expect([code, known.has(exitCodeOf(new ImageSpecError(code, "x")))]).toEqual([code, true]);
});

test("who has no builder, who was interrupted", () => {
  expect(codesWith(exitCodes.noBuilder)).toEqual([
    "NO_BUILDER",
    "BUILDER_NOT_FOUND",
    "BUILDER_DECLINED",
    "RUN_UNAVAILABLE",
  ]);
  expect(codesWith(exitCodes.aborted)).toEqual(["ABORTED"]);
});

test("specs and registries", () => {
  expect(codesWith(exitCodes.usage)).toEqual(codes.filter((code) => sharedErrors[code].origin === "spec"));
  expect(codesWith(exitCodes.registry)).toEqual(codes.filter((code) => sharedErrors[code].origin === "registry"));
});

test("the documentation has the table", async () => {
  const text = await readFile(new URL("../../../docs/reference/cli.md", import.meta.url), "utf8");
  const documented = [...text.matchAll(/^\| `(\d+)` \|/gm)].map(([, code]) => Number(code));
  expect(documented.filter((code) => code !== 143)).toEqual(Object.values(exitCodes));
});
