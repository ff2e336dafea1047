import { expect, test } from "vitest";
import { checkCuda, cudaBase } from "./cuda-base.ts";
import { planBase } from "./plan-base.ts";

const slim = { kind: "reference", reference: "docker.io/library/python:3.12-slim", digest: undefined } as const;
const own = { kind: "reference", reference: "ghcr.io/acme/base:1", digest: undefined } as const;

test.each([
  ["12.4", undefined, "12.4.1-runtime-ubuntu22.04"],
  ["12.4", "9", "12.4.1-cudnn-runtime-ubuntu22.04"],
  ["12.4.0", undefined, "12.4.0-runtime-ubuntu22.04"],
  ["12", undefined, "12.9.1-runtime-ubuntu22.04"],
  ["11.8", "8.9", "11.8.0-cudnn8-runtime-ubuntu22.04"],
  ["13.0", "9", "13.0.2-cudnn-runtime-ubuntu24.04"],
])("CUDA %s with cuDNN %s", (cuda, cudnn, tag) => {
  expect(cudaBase({ cuda, cudnn, resolvedBase: slim })?.reference).toBe(`docker.io/nvidia/cuda:${tag}`);
});

test("no base is chosen where the spec names one, or no CUDA", () => {
  expect(cudaBase({ cuda: "12.4", cudnn: undefined, resolvedBase: own })).toBeUndefined();
  expect(cudaBase({ cuda: undefined, cudnn: undefined, resolvedBase: slim })).toBeUndefined();
});

test("versions that there is no image of", () => {
  const failure = { code: "SPEC_VALUE", hint: expect.stringContaining("12.4") };
  expect(() => cudaBase({ cuda: "9.2", cudnn: undefined, resolvedBase: slim })).toThrow(
    expect.objectContaining(failure),
  );
  expect(() => cudaBase({ cuda: "12.4", cudnn: "8", resolvedBase: slim })).toThrow('cuDNN 9, not "8"');
});

test("a base that is named has to have the CUDA", () => {
  const facts = { python: undefined, libc: undefined, distributions: {}, pythonDistributions: {} };
  const base = (version?: string) => ({
    reference: "ghcr.io/acme/base:1",
    config: { Env: version === undefined ? [] : [`CUDA_VERSION=${version}`] },
    facts,
  });
  // As much of a spec as is looked at.
  const spec = { cuda: "12.4", cudnn: undefined, resolvedBase: own } as Parameters<typeof planBase>[0];
  expect(planBase(spec, base("12.4.1"))?.reference).toBe("ghcr.io/acme/base:1");
  expect(() => planBase(spec, base("11.8.0"))).toThrow('has CUDA 11.8.0, the spec asks for "12.4"');
  expect(() => planBase(spec, base())).toThrow("has no CUDA");
});

test.each([
  ["torch", "2.5.0+cu124", 0],
  ["torch", "2.5.0+cu118", 1],
  ["torch", "2.5.0+cpu", 0],
  ["nvidia-cublas-cu11", "11.1", 1],
  ["nvidia-cublas-cu12", "12.1", 0],
  ["cupy-cuda11x", "13.0", 1],
  ["jax-cuda12-plugin", "0.4", 0],
  ["jaxlib", "0.4.1+cuda11.cudnn86", 0],
  ["cuda-python", "12.0", 0],
])("%s %s on CUDA 12", (name, version, problems) => {
  const wheel = { filename: "", url: "", size: 1, sha256: "" };
  expect(checkCuda({ cuda: "12.4" }, { distributions: [{ name, version, wheel }] })).toHaveLength(problems);
});
