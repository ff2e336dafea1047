/** The flag of RUN that shows a file or folder of the context, or of another stage. */
export function bindMount(source: string, target: string, from?: string): string {
  return `--mount=type=bind,${from === undefined ? "" : `from=${from},`}source=${source},target=${target}`;
}

/** The flag of RUN that keeps a folder from build to build, outside of every image. */
export function cacheMount(id: string, target: string, sharing: "shared" | "locked"): string {
  return `--mount=type=cache,id=${id},target=${target}${sharing === "shared" ? "" : ",sharing=locked"}`;
}

export function tmpfsMount(target: string): string {
  return `--mount=type=tmpfs,target=${target}`;
}

/** The flag of RUN that shows a secret as a file in memory. A missing one that is required fails the step. */
export function secretMount(id: string, target: string, options: { required: boolean; mode?: string }): string {
  const { required, mode = "0400" } = options;
  return `--mount=type=secret,id=${id},target=${target},mode=${mode}${required ? ",required=true" : ""}`;
}
