import type { ResolvedImageSpec } from "@imagespec/core";
import type { ContainerConfig } from "@imagespec/oci";
import type { BaseFacts } from "../probe/base-facts.ts";
import { cudaBase } from "./cuda-base.ts";
import type { DockerfileInput } from "./dockerfile-plan.ts";
import { specProblem } from "./spec-problem.ts";

export interface PlanBase {
  readonly reference: string;
  readonly config: ContainerConfig;
  readonly facts: BaseFacts;
}

/** What `FROM` names: the base that was given, or in the place of the default base the one that has the CUDA asked for. */
export function planBase(spec: ResolvedImageSpec, given: DockerfileInput["base"]): PlanBase | undefined {
  const cuda = cudaBase(spec);
  if (cuda !== undefined) {
    // Whoever looked at the right base already.
    if (cudaVersion(given) !== undefined) return given;
    return { reference: cuda.reference, config: cudaConfig, facts: cudaFacts(cuda.libc) };
  }
  if (spec.cuda !== undefined) checkGivenCuda(spec.cuda, given);
  return given;
}

/** The facts of the base that {@link planBase} chooses. */
export function planFacts(spec: ResolvedImageSpec, given: BaseFacts | undefined): BaseFacts | undefined {
  const cuda = cudaBase(spec);
  return cuda === undefined || given?.python === undefined ? (given ?? undefined) : cudaFacts(cuda.libc);
}

const cudaConfig: ContainerConfig = {
  Env: ["PATH=/usr/local/nvidia/bin:/usr/local/cuda/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
};

function cudaFacts(libc: string): BaseFacts {
  return { python: undefined, libc: { kind: "glibc", version: libc }, distributions: {}, pythonDistributions: {} };
}

/** Images with CUDA say in their environment which. */
function cudaVersion(base: DockerfileInput["base"]): string | undefined {
  return base?.config.Env?.find((line) => line.startsWith("CUDA_VERSION="))?.slice("CUDA_VERSION=".length);
}

function checkGivenCuda(cuda: string, given: DockerfileInput["base"]): void {
  const version = cudaVersion(given);
  const name = given?.reference ?? "scratch";
  if (version === undefined) {
    throw specProblem(
      "BASE_UNSUPPORTED",
      "cuda",
      `the base image "${name}" has no CUDA, the spec asks for "${cuda}"`,
      "leave baseImage out to have one with CUDA chosen, or name one that sets CUDA_VERSION",
    );
  }
  if (version === cuda || version.startsWith(`${cuda}.`) || cuda.startsWith(`${version}.`)) return;
  throw specProblem(
    "BASE_UNSUPPORTED",
    "cuda",
    `the base image "${name}" has CUDA ${version}, the spec asks for "${cuda}"`,
    "name a base image with that version, or leave baseImage out to have one chosen",
  );
}
