import type { PackageResolution, ResolvedImageSpec } from "@imagespec/core";
import type { SpecProblem } from "@imagespec/errors";
import { specProblem } from "./spec-problem.ts";

/** An image of NVIDIA's for one CUDA minor. */
interface CudaRelease {
  /** The last patch release that there are images for. */
  readonly version: string;
  readonly ubuntu: string;
  /** Major version of the cuDNN in the images that have one, and how their tags call it. */
  readonly cudnn: { readonly major: string; readonly tag: string };
}

const cudnn8 = { major: "8", tag: "cudnn8" } as const;
const cudnn9 = { major: "9", tag: "cudnn" } as const;

const releases: readonly CudaRelease[] = [
  { version: "11.7.1", ubuntu: "22.04", cudnn: cudnn8 },
  { version: "11.8.0", ubuntu: "22.04", cudnn: cudnn8 },
  { version: "12.0.1", ubuntu: "22.04", cudnn: cudnn8 },
  { version: "12.1.1", ubuntu: "22.04", cudnn: cudnn8 },
  { version: "12.2.2", ubuntu: "22.04", cudnn: cudnn8 },
  { version: "12.3.2", ubuntu: "22.04", cudnn: { major: "9", tag: "cudnn9" } },
  { version: "12.4.1", ubuntu: "22.04", cudnn: cudnn9 },
  { version: "12.5.1", ubuntu: "22.04", cudnn: cudnn9 },
  { version: "12.6.3", ubuntu: "22.04", cudnn: cudnn9 },
  { version: "12.8.1", ubuntu: "22.04", cudnn: cudnn9 },
  { version: "12.9.1", ubuntu: "22.04", cudnn: cudnn9 },
  { version: "13.0.2", ubuntu: "24.04", cudnn: cudnn9 },
];

/** The C library of the Ubuntu releases that CUDA images stand on. */
export const ubuntuLibc: Readonly<Record<string, string>> = { "22.04": "2.35", "24.04": "2.39" };

type AsksForCuda = Pick<ResolvedImageSpec, "cuda" | "cudnn" | "resolvedBase">;

/** A base with CUDA in it. */
export interface CudaBase {
  /** `docker.io/nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04` */
  readonly reference: string;
  /** Of its glibc. */
  readonly libc: string;
}

/**
 * The image that brings the CUDA which a spec asks for, where the spec names no base of its own; nothing where it asks for
 * none, or names one. The image has no Python: uv provides it.
 *
 * @throws SPEC_VALUE for versions that there is no image of
 */
export function cudaBase(spec: AsksForCuda): CudaBase | undefined {
  if (spec.cuda === undefined || !isDefaultBase(spec)) return undefined;
  const { version, release } = findRelease(spec.cuda);
  const cudnn = spec.cudnn === undefined ? "" : `${cudnnTag(spec.cudnn, release)}-`;
  return {
    reference: `docker.io/nvidia/cuda:${version}-${cudnn}runtime-ubuntu${release.ubuntu}`,
    libc: ubuntuLibc[release.ubuntu] ?? "2.35",
  };
}

function isDefaultBase({ resolvedBase }: AsksForCuda): boolean {
  return (
    resolvedBase.kind === "reference" &&
    /^docker\.io\/library\/python:3\.\d+(?:\.\d+)?-slim(?:@|$)/.test(resolvedBase.reference)
  );
}

/** `12` and `12.4` mean the newest image of that line, `12.4.0` that very one. */
function findRelease(cuda: string): { readonly version: string; readonly release: CudaRelease } {
  const wanted = cuda.split(".");
  const fits = ({ version }: CudaRelease): boolean =>
    version.split(".").every((part, index) => index > 1 || wanted[index] === undefined || wanted[index] === part);
  const release = releases.filter(fits).at(-1);
  if (release !== undefined)
    return { version: wanted.length > 2 ? wanted.slice(0, 3).join(".") : release.version, release };
  const known = releases.map(({ version }) => version.replace(/\.\d+$/, "")).join(", ");
  throw specProblem(
    "SPEC_VALUE",
    "cuda",
    `there is no image known with CUDA "${cuda}"`,
    `use one of ${known}, or name a base image that has it`,
  );
}

function cudnnTag(cudnn: string, { version, cudnn: there }: CudaRelease): string {
  if (cudnn.split(".")[0] === there.major) return there.tag;
  const line = version.replace(/\.\d+$/, "");
  throw specProblem(
    "SPEC_VALUE",
    "cudnn",
    `the images with CUDA ${line} have cuDNN ${there.major}, not "${cudnn}"`,
    `use "${there.major}", another CUDA version, or a base image that has it`,
  );
}

/** What contradicts the CUDA of a spec: packages that were made for another major version of it. */
export function checkCuda(
  spec: Pick<ResolvedImageSpec, "cuda">,
  resolution: Pick<PackageResolution, "distributions"> | undefined,
): readonly SpecProblem[] {
  const wanted = spec.cuda?.split(".")[0];
  if (wanted === undefined) return [];
  return (resolution?.distributions ?? []).flatMap(({ name, version }): readonly SpecProblem[] => {
    const major = cudaMajor(name, version);
    if (major === undefined || major === wanted) return [];
    const message = `"${name}==${version}" is made for CUDA ${major}, the spec asks for "${spec.cuda}"`;
    const hint = `set cuda to a version of CUDA ${major}, or choose a build of "${name}" for CUDA ${wanted}`;
    return [{ code: "SPEC_CONFLICT", path: "cuda", message, hint }];
  });
}

/** `torch 2.5.0+cu124`, `nvidia-cublas-cu12`, `cupy-cuda12x`, `jax-cuda12-plugin` */
function cudaMajor(name: string, version: string): string | undefined {
  const local = /\+(?:.*\.)?cu(\d{2,3})(?:\.|$)/.exec(version)?.[1];
  if (local !== undefined) return local.slice(0, 2);
  return /-cu(?:da)?(\d{2})(?:\d)?x?(?:-|$)/.exec(name)?.[1];
}
