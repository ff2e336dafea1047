import { isImageSpecError } from "@imagespec/errors";
import type { BuildTarget } from "../engine/build-target.ts";
import type { FoundImage } from "../engine/check-existence.ts";
import type { BuildContext } from "../engine/engine-context.ts";
import type { OpenedOutput } from "../outputs/opened-output.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import { type Trunk, trunkOf } from "./trunk.ts";
import { TrunkAges } from "./trunk-age.ts";
import { trunkSpec } from "./trunk-spec.ts";
import { whyNotAppended } from "./why-not-appended.ts";

/** What can be done about a source before a builder is asked. */
export type FoundTrunks =
  /** By platform: the source can be appended to them now. */
  | { readonly state: "ready"; readonly target: BuildTarget; readonly trunks: ReadonlyMap<string, Trunk> }
  /** They have to be built first; `isForced`: although there are some. */
  | { readonly state: "missing"; readonly target: BuildTarget; readonly isForced: boolean }
  /** Builders have to make the image as a whole. */
  | { readonly state: "unusable"; readonly why: string; readonly isUnexpected: boolean };

/** The target of a spec's trunk: beside the image, under its own default tag. */
function trunkTarget(target: BuildTarget): BuildTarget {
  const spec = trunkSpec(target.spec);
  const { place, name } = target;
  return { spec, place, name, tag: spec.tag, isContentTag: true, isDefaultTag: true, reuse: "fingerprint" };
}

/**
 * Looks for the images without source to which the missing images of a target can be appended; nothing when there is no source.
 *
 * A trunk is used again when nothing about it floats, and otherwise for a day: then packages and base are looked up anew.
 */
export async function findTrunks(
  context: BuildContext,
  target: BuildTarget,
  missing: readonly ResolvedImageSpec[],
  look: {
    readonly output: OpenedOutput | undefined;
    readonly isForced: boolean;
    readonly findImage: (output: OpenedOutput, target: BuildTarget, signal: AbortSignal) => Promise<FoundImage>;
  },
): Promise<FoundTrunks | undefined> {
  const { spec } = target;
  if (spec.source.files.length === 0 || spec.part === "system") return undefined;
  if (context.options.appendSource === false) return unusable("the build option appendSource is false");
  const why = whyNotAppended(spec, target.place);
  if (why !== undefined) return unusable(why);
  const [only] = missing;
  const trunk = trunkTarget(missing.length === 1 && only !== undefined ? { ...target, spec: only } : target);
  const { output, isForced, findImage } = look;
  if (isForced || output === undefined) return { state: "missing", target: trunk, isForced };
  let found: FoundImage;
  try {
    found = await findImage(output, trunk, context.signal);
  } catch (error) {
    // Of one platform of several: somebody else's image has its tag.
    if (!isImageSpecError(error, "TAG_MISMATCH")) throw error;
    return unusable(error.message, true);
  }
  const { existence, platforms } = found;
  if (existence.state === "unknown" || existence.state === "mismatch")
    return unusable(`"${output.reference(trunk.tag)}" cannot be used: ${existence.reason}`, true);
  return usableTrunks(context, output, trunk, { missing, platforms });
}

async function usableTrunks(
  { engine, signal }: BuildContext,
  output: OpenedOutput,
  target: BuildTarget,
  { missing, platforms }: { readonly missing: readonly ResolvedImageSpec[] } & Pick<FoundImage, "platforms">,
): Promise<FoundTrunks> {
  const trunks = new Map<string, Trunk>();
  const ages = new TrunkAges(engine.cacheFolder);
  for (const platform of missing.flatMap((unit) => unit.platforms)) {
    const facts = platforms.get(platform);
    if (facts === undefined) return { state: "missing", target, isForced: false };
    const reference = output.reference(target.tag);
    const { spec } = target;
    const fingerprint = spec.platformFingerprints[platform] ?? spec.fingerprint;
    const trunk = trunkOf(facts, spec, { reference, fingerprint });
    if (typeof trunk === "string") return unusable(`nothing can be appended to "${reference}": ${trunk}`);
    const isCurrent = spec.floating.length === 0 ? true : await ages.isCurrent(output, facts.image.descriptor, signal);
    if (isCurrent === undefined) return unusable(`it is not known when "${reference}" was built`, true);
    if (!isCurrent) return { state: "missing", target, isForced: true };
    trunks.set(platform, trunk);
  }
  return { state: "ready", target, trunks };
}

function unusable(why: string, isUnexpected = false): FoundTrunks {
  return { state: "unusable", why, isUnexpected };
}
