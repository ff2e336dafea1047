import { fingerprintSpec } from "../fingerprint/fingerprint-spec.ts";
import { emptySourceTree } from "../source/resolved-source-tree.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";

/**
 * The same spec without its source: an image of its own, whole and usable, under its own default tag. It has the fingerprint that the
 * spec would have without `sourceRoot` and `copy`, so that every state of a source stands on the same image.
 */
export function trunkSpec(spec: ResolvedImageSpec): ResolvedImageSpec {
  return fingerprintSpec({
    ...spec,
    tagFormat: undefined,
    sourceRoot: undefined,
    sourceCopyMode: "none",
    copy: [],
    source: emptySourceTree,
  });
}
