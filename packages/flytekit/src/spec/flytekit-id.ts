import { constructSpec } from "./construct-spec.ts";
import type { FlytekitEnvironment, FlytekitSpec } from "./flytekit-spec.ts";
import { defaultFlytekitPython } from "./flytekit-version.ts";
import { hashText, specText } from "./spec-text.ts";

/**
 * flytekit's `id` of a spec: what its images hold as `_F_IMG_ID`. Reads no file: paths count as they are written.
 *
 * @throws FLYTEKIT_SPEC
 */
export function flytekitId(spec: FlytekitSpec, environment: FlytekitEnvironment = {}): string {
  return hashText(specText(constructSpec(spec, environment), environment.python ?? defaultFlytekitPython));
}
