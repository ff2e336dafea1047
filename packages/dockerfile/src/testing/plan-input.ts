import type { PackageResolution, ResolvedDistribution, ResolvedImageSpec } from "@imagespec/core";
import type { DockerfileInput } from "../plan/dockerfile-plan.ts";
import type { BaseFacts } from "../probe/base-facts.ts";

/** Of `python:3.12-slim`. */
export const slimFacts: BaseFacts = {
  python: { path: "/usr/local/bin/python3.12", version: "3.12.4" },
  libc: { kind: "glibc", version: "2.36" },
  distributions: {},
  pythonDistributions: {},
};

export const slimConfig = {
  Env: ["PATH=/usr/local/bin:/usr/bin:/bin", "PYTHON_VERSION=3.12.4"],
  Cmd: ["python3"],
} as const;

const sha256 = (name: string): string => Buffer.from(name).toString("hex").padEnd(64, "0").slice(0, 64);

/** A wheel of the index. */
export function wheelOf(name: string, version: string, size = 1000): ResolvedDistribution {
  const filename = `${name.replaceAll("-", "_")}-${version}-py3-none-any.whl`;
  return {
    name,
    version,
    wheel: { filename, url: `https://files.mirror.example/${filename}`, size, sha256: sha256(name) },
  };
}

/** A source distribution of the index. */
export function sdistOf(name: string, version: string): ResolvedDistribution {
  const filename = `${name}-${version}.tar.gz`;
  const url = `https://files.mirror.example/${filename}`;
  return {
    name,
    version,
    sdist: { kind: "archive", filename, url, size: 1000, sha256: sha256(name), subdirectory: undefined },
  };
}

export function resolutionOf(...distributions: readonly ResolvedDistribution[]): PackageResolution {
  return { distributions: [...distributions].sort((a, b) => (a.name < b.name ? -1 : 1)), pylock: "" };
}

/** A spec on `python:3.12-slim`, whose digest is known. */
export function inputOf(spec: ResolvedImageSpec, changes: Partial<DockerfileInput> = {}): DockerfileInput {
  return {
    spec,
    base: { reference: "docker.io/library/python:3.12-slim", config: slimConfig, facts: slimFacts },
    resolution: undefined,
    labels: { "dev.imagespec.contract": "1", "dev.imagespec.fingerprint": "f".repeat(64) },
    env: { IMAGESPEC_ID: "id" },
    ...changes,
  };
}
