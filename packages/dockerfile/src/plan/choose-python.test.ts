import type { ImageSpecInput } from "@imagespec/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BaseFacts } from "../probe/base-facts.ts";
import { slimFacts } from "../testing/plan-input.ts";
import { type SpecPlace, specPlace } from "../testing/spec-place.ts";
import { choosePython, packageTarget } from "./choose-python.ts";

let place: SpecPlace;
beforeAll(async () => {
  place = await specPlace();
});
afterAll(() => place[Symbol.asyncDispose]());

const bare: BaseFacts = { ...slimFacts, python: undefined };
const own: BaseFacts = { ...slimFacts, distributions: { six: "1.0" } };
const baseImage = "ghcr.io/acme/base:1";

test.each<[string, ImageSpecInput, BaseFacts, object | undefined]>([
  ["the base's", { baseImage }, slimFacts, { source: "base", path: "/usr/local/bin/python3.12", version: "3.12.4" }],
  ["the base's, as asked for", { baseImage, pythonVersion: "3.12" }, slimFacts, { source: "base" }],
  [
    "another minor",
    { baseImage, pythonVersion: "3.11" },
    slimFacts,
    { source: "uv", path: "/opt/python/3.11/bin/python3.11" },
  ],
  ["another patch release", { baseImage, pythonVersion: "3.12.1" }, slimFacts, { source: "uv", version: "3.12.1" }],
  ["none, and none needed", { baseImage }, bare, undefined],
  ["none, but packages", { baseImage, packages: ["six"] }, bare, { source: "uv", version: "3.12" }],
  [
    "conda's",
    { baseImage, condaPackages: ["gdal"] },
    slimFacts,
    { source: "conda", version: "3.12", systemSitePackages: true },
  ],
  [
    "conda's own choice",
    { baseImage, condaPackages: ["python=3.11"] },
    slimFacts,
    { path: "/opt/conda/bin/python3.11" },
  ],
  [
    "an interpreter by name",
    { baseImage, pythonExec: "/usr/bin/python3" },
    slimFacts,
    { source: "base", systemSitePackages: true },
  ],
])("%s", async (_, input, facts, expected) => {
  const python = choosePython(await place.resolve(input), facts);
  if (expected === undefined) expect(python).toBeUndefined();
  else expect(python).toMatchObject(expected);
});

test.each<[string, ImageSpecInput, BaseFacts, string]>([
  [
    "conda on musl",
    { baseImage, condaPackages: ["gdal"] },
    { ...slimFacts, libc: { kind: "musl", version: "1.2" } },
    "glibc",
  ],
  ["two versions", { baseImage, condaPackages: ["python=3.11"], pythonVersion: "3.12" }, slimFacts, "3.11"],
  ["another Python under packages", { baseImage, pythonVersion: "3.11" }, own, "has packages in /opt/venv"],
  ["no interpreter of that name", { baseImage, pythonExec: "/x/python" }, bare, '"/x/python"'],
  [
    "an interpreter of another version",
    { baseImage, pythonExec: "/x/python", pythonVersion: "3.10" },
    slimFacts,
    '"3.10"',
  ],
])("refused: %s", async (_, input, facts, message) => {
  const spec = await place.resolve(input);
  expect(() => choosePython(spec, facts)).toThrow(message);
});

test("what packages are resolved for", async () => {
  const facts = { ...own, pythonDistributions: { torch: "2.5.0", six: "1.0" } };
  expect(packageTarget(await place.resolve({ baseImage, packages: ["six"] }), facts)).toEqual({
    environment: { platform: "linux/amd64", pythonVersion: "3.12.4", libc: { kind: "glibc", version: "2.36" } },
    constraints: ["six==1.0"],
  });
  const withExec = await place.resolve({ baseImage, pythonExec: "/usr/local/bin/python3.12" });
  expect(packageTarget(withExec, facts)?.constraints).toEqual(["torch==2.5.0", "six==1.0"]);
  // The base with CUDA has no Python of its own.
  const cuda = packageTarget(await place.resolve({ cuda: "12.4", packages: ["torch"] }), slimFacts);
  expect(cuda?.environment).toMatchObject({ pythonVersion: "3.12", libc: { version: "2.35" } });
  expect(packageTarget(await place.resolve({ baseImage: "scratch" }), undefined)).toBeUndefined();
});
