import { ImageSpec, type ImageSpecInput, resolveImageSpec } from "@imagespec/core";
import { expect, test } from "vitest";
import { type BaseFacts, emptyBaseFacts } from "../base/base-facts.ts";
import { chooseInterpreter } from "./choose-python.ts";

const libc = { kind: "glibc", version: "2.36" } as const;
const python = { path: "/usr/bin/python3.12", minor: "3.12", version: "3.12.4" };

async function choose(input: ImageSpecInput, facts: Partial<BaseFacts>) {
  const spec = await resolveImageSpec(new ImageSpec({ baseImage: "example.org/base:1", ...input }));
  return chooseInterpreter(spec, { ...emptyBaseFacts, ...facts }, "example.org/base:1");
}

test("the base's Python where it fits", async () => {
  for (const pythonVersion of [undefined, "3.12", "3.12.4"])
    expect(await choose(pythonVersion === undefined ? {} : { pythonVersion }, { python, libc })).toEqual({
      source: "base",
      python,
    });
});

test("a standalone one where it does not, or where there is none and something asks for it", async () => {
  for (const wanted of ["3.13", "3.12.9"])
    expect(await choose({ pythonVersion: wanted }, { python, libc })).toEqual({ source: "standalone", wanted, libc });
  expect(await choose({ packages: ["six"] }, { libc })).toEqual({ source: "standalone", wanted: "3.12", libc });
  expect(await choose({}, { libc })).toBeUndefined();
});
