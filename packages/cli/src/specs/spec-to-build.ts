import type { BuildOptions, LoadedSpec } from "@imagespec/core";

/** A spec with what its file says of the build, beyond the spec. */
export interface SpecToBuild extends LoadedSpec {
  readonly build?: Pick<BuildOptions, "tag" | "root" | "sourceFiles">;
  /** For programs, beside the result. */
  readonly told?: Readonly<Record<string, unknown>>;
}
