import { type BuildOutput, ImageSpec, type ImageSpecInput, resolveImageSpec } from "@imagespec/core";
import { expect, test } from "vitest";
import type { DaemonFacts } from "./build/daemon-pool.ts";
import { graphDriverFeatures, modernFeatures } from "./build/testing/fake-daemon.ts";
import type { BuildkitBuilderOptions } from "./buildkit-builder-options.ts";
import { declines } from "./declines.ts";

const buildkitd: DaemonFacts = {
  kind: "buildkitd",
  address: "tcp://build.example:1234",
  version: "v0.34.2",
  features: modernFeatures,
  platforms: ["linux/amd64", "linux/arm64"],
};
const engine: DaemonFacts = {
  ...buildkitd,
  kind: "engine",
  address: "unix:///run/docker.sock",
  version: "20.10.24",
  features: graphDriverFeatures,
};
const registry: BuildOutput = { kind: "registry", registry: "ghcr.io", repository: "acme/a", tag: "1" };

async function paths(
  input: ImageSpecInput,
  more: {
    readonly options?: BuildkitBuilderOptions;
    readonly daemons?: readonly DaemonFacts[];
    readonly allowEmulation?: boolean;
    readonly output?: BuildOutput;
  } = {},
): Promise<readonly string[]> {
  const { options = {}, daemons = [buildkitd], allowEmulation = false, output = registry } = more;
  const spec = await resolveImageSpec(new ImageSpec(input), { root: import.meta.dirname });
  const problems = declines(spec, { output, allowEmulation }, { options, daemons });
  for (const { hint, message } of problems) expect([message, hint]).toEqual([expect.any(String), expect.any(String)]);
  return problems.map(({ path }) => path);
}

test("takes what a spec can say", async () => {
  const full: ImageSpecInput = {
    packages: ["numpy"],
    aptPackages: ["git"],
    condaPackages: ["r-base"],
    commands: ["true"],
    cuda: "12.4",
    bytecode: true,
  };
  expect(await paths(full)).toEqual([]);
  expect(await paths(full, { daemons: [engine], output: { kind: "local-store", name: "a:1" } })).toEqual([]);
});

test("platforms: native, emulated where that is allowed, foreign", async () => {
  expect(await paths({ platform: "linux/arm64" })).toEqual(["platform"]);
  expect(await paths({ platform: "linux/arm64" }, { allowEmulation: true })).toEqual([]);
  expect(await paths({ platform: "linux/s390x" }, { allowEmulation: true })).toEqual(["platform"]);
  const arm = { ...buildkitd, platforms: ["linux/arm64/v8"] };
  expect(await paths({ platform: "linux/arm64" }, { daemons: [buildkitd, arm] })).toEqual([]);
});

test("nothing can be run on an empty base", async () => {
  expect(await paths({ baseImage: "scratch", packages: ["six"], commands: ["true"] })).toEqual([
    "packages",
    "commands",
  ]);
  expect(await paths({ baseImage: "scratch" })).toEqual([]);
});

test("a base on this machine's loopback is out of reach for a daemon elsewhere", async () => {
  const input = { baseImage: "localhost:5000/python:3.12" };
  expect(await paths(input)).toEqual(["baseImage"]);
  expect(await paths(input, { daemons: [engine] })).toEqual([]);
});

test("what a daemon lacks is said before the build", async () => {
  const daemons = [engine];
  expect(await paths({}, { daemons, options: { dialect: "modern" } })).toEqual(["builder"]);
  expect(await paths({}, { daemons, options: { reproducible: true } })).toEqual(["builder"]);
  expect(await paths({}, { daemons, options: { cache: { to: ["ghcr.io/acme/cache"], required: true } } })).toEqual([
    "builder",
  ]);
  expect(await paths({}, { daemons, options: { compression: "zstd" } })).toEqual(["builder"]);
  expect(await paths({}, { daemons, options: { compression: "gzip" } })).toEqual([]);
  expect(await paths({}, { daemons, options: { cache: { to: ["type=inline"], required: true } } })).toEqual([]);
  const pushing = { ...buildkitd, kind: "buildx" as const, features: { ...modernFeatures, ociExport: false } };
  expect(await paths({}, { daemons: [pushing] })).toEqual([]);
  expect(await paths({}, { daemons: [pushing], output: { kind: "local-store", name: "a:1" } })).toEqual(["output"]);
});

test("options of a spec that names the builder", async () => {
  expect(await paths({ builder: "buildkit", builderOptions: { fast: true } })).toEqual(["builderOptions.fast"]);
});
