import type { ResolvedImageSpec, TargetEnvironment } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import type { BaseFacts } from "../probe/base-facts.ts";

/** What packages are resolved for. */
export interface PackageTarget {
  readonly environment: TargetEnvironment;
  /** `name==version` lines of what is there already and stays. */
  readonly constraints: readonly string[];
}

/** What the packages of a spec have to be resolved for; nothing when the image gets no Python. @throws BASE_UNSUPPORTED */
export function packageTarget(_spec: ResolvedImageSpec, _facts: BaseFacts | undefined): PackageTarget | undefined {
  throw new ImageSpecError("INTERNAL", "not written yet");
}
