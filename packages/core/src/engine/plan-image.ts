import { appenderName } from "../append/appender-name.ts";
import { type FoundTrunks, findTrunks } from "../append/find-trunks.ts";
import { openOutputToRead } from "../outputs/open-output.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import { toImageSpecError } from "./build-error.ts";
import { canAppendTo } from "./build-missing.ts";
import type { PlannedImage } from "./build-plan.ts";
import { type BuildTarget, baseTarget, referenceOf } from "./build-target.ts";
import type { BuildContext } from "./engine-context.ts";
import { selectionError } from "./image-job.ts";
import { largeSource } from "./large-source.ts";
import { findImage, refusal } from "./make-image.ts";
import { platformSpecsOf } from "./platform-specs.ts";
import { type Assignments, assignBuilders } from "./select-builder.ts";
import { selectionRequest } from "./selection-request.ts";
import { splitFor } from "./split-build.ts";
import { systemPartOf } from "./split-spec.ts";

type Found = Awaited<ReturnType<typeof findImage>>;
const nothing: Found = { existence: { state: "absent" }, image: undefined, platforms: new Map() };

/** Fields whose packages come from indexes that locks do not cover. */
const unlockable: ReadonlySet<string> = new Set(["aptPackages", "condaPackages", "cuda", "cudnn"]);

/** What building a target would do, its base first. Nothing is written. */
export async function planImage(
  context: BuildContext,
  target: BuildTarget,
  { isBase, isForced }: { readonly isBase: boolean; readonly isForced: boolean },
): Promise<readonly PlannedImage[]> {
  const { engine, options, signal } = context;
  const output = await openOutputToRead(target.place, engine);
  const blocked = (error: unknown): PlannedImage => ({
    ...describe(context, target, isBase),
    action: "blocked",
    problem: toImageSpecError(error).toJSON(),
  });
  let found = nothing;
  try {
    if (output !== undefined && !isForced) found = await findImage(output, target, signal);
  } catch (error) {
    signal.throwIfAborted();
    return [blocked(error)];
  }
  const { existence, platforms } = found;
  const problem = refusal(context, existence, target, isBase);
  if (problem !== undefined) return [blocked(problem)];
  const existing = existence.state === "present" || existence.state === "partial" ? existence.image : undefined;
  const plan = { ...describe(context, target, isBase), existing };
  const isAssumed = existence.state === "unknown" && options.existence === "assume";
  if (existence.state === "present" || isAssumed) return [{ ...plan, action: "exists" }];

  const missing = platformSpecsOf(target).filter(
    (spec) => !spec.platforms.every((platform) => platforms.has(platform)),
  );
  if (missing.length === 0) return [{ ...plan, action: "join" }];
  let bases: readonly PlannedImage[] = [];
  try {
    const trunks = await findTrunks(context, target, missing, { output, isForced, findImage });
    if (trunks?.state === "ready") return planAppended(context, plan, missing, trunks);
    const request = await selectionRequest(context, target, missing, {
      output,
      asksAll: true,
      isForced,
      split: splitFor(context, target, isForced),
    });
    const chosen = await assignBuilders(request);
    bases = await planBases(context, target, chosen, isForced);
    const { verdicts, unassigned, assignments } = chosen;
    const whole = { ...plan, missing: missing.flatMap((spec) => spec.platforms), verdicts };
    const planned = trunks?.state === "unusable" ? { ...whole, whyWhole: trunks.why } : whole;
    if (unassigned.length > 0) {
      const error = toImageSpecError(selectionError(target, chosen)).toJSON();
      return [...bases, { ...planned, action: "blocked", problem: error }];
    }
    const builder = [...new Set(assignments.map((assignment) => assignment.builder.name))].join(", ");
    const build = { ...planned, action: "build", builder } as const;
    if (trunks?.state !== "missing") return [...bases, build];
    const other = assignments.find((assignment) => !canAppendTo(assignment));
    if (other !== undefined) {
      const whyWhole = `builder "${other.builder.name}" makes images as a whole`;
      return [...bases, { ...build, whyWhole }];
    }
    const below = describe(context, trunks.target, true);
    const trunk = { ...below, part: "trunk", action: "build", builder, verdicts, missing: planned.missing } as const;
    return [...bases, trunk, { ...build, appendsTo: trunk.reference }];
  } catch (error) {
    signal.throwIfAborted();
    return [...bases, blocked(error)];
  }
}

/** The source is appended to what is there; no builder is asked. */
function planAppended(
  context: BuildContext,
  plan: Omit<PlannedImage, "action">,
  missing: readonly ResolvedImageSpec[],
  { target, trunks }: Extract<FoundTrunks, { readonly state: "ready" }>,
): readonly PlannedImage[] {
  const below = describe(context, target, true);
  const { reference } = below;
  const [first] = trunks.values();
  const existing =
    first === undefined
      ? undefined
      : { reference, digest: first.digest, platforms: target.spec.platforms, fingerprint: target.spec.fingerprint };
  return [
    { ...below, part: "trunk", action: "exists", existing },
    {
      ...plan,
      action: "build",
      builder: appenderName,
      missing: missing.flatMap(({ platforms }) => platforms),
      appendsTo: reference,
    },
  ];
}

/** The base of an image, and of split builds the images of the lower halves. */
async function planBases(
  context: BuildContext,
  target: BuildTarget,
  { assignments, unassigned }: Assignments,
  isForced: boolean,
): Promise<readonly PlannedImage[]> {
  const { resolvedBase } = target.spec;
  const isPlain = unassigned.length > 0 || assignments.some(({ spec, given }) => given === spec);
  const own = isPlain && resolvedBase.kind === "image" ? [resolvedBase.image] : [];
  const systems = assignments.flatMap(({ given }) => systemPartOf(given) ?? []);
  const plans = await Promise.all([
    ...own.map((image) => planImage(context, baseTarget(image, target), { isBase: true, isForced: false })),
    ...systems.map((image) => planImage(context, baseTarget(image, target), { isBase: true, isForced })),
  ]);
  return plans.flat();
}

function describe(context: BuildContext, target: BuildTarget, isBase: boolean): Omit<PlannedImage, "action"> {
  const { spec, name, tag } = target;
  return {
    name,
    reference: referenceOf(target),
    tag,
    fingerprint: spec.fingerprint,
    platforms: spec.platforms,
    existing: undefined,
    missing: [],
    isBase,
    part: spec.part,
    appendsTo: undefined,
    whyWhole: undefined,
    builder: undefined,
    verdicts: [],
    floating: spec.floating,
    hints: hintsFor(context, target),
    problem: undefined,
  };
}

function hintsFor({ engine }: BuildContext, { spec, tag, isContentTag, reuse }: BuildTarget): readonly string[] {
  if (spec.part === "system") return [];
  const hints: string[] = [];
  if (reuse === "tag-and-platforms") {
    const why = "those of another system carry no fingerprint label to compare";
    hints.push(`an image under the tag "${tag}" is reused when it has the platforms: ${why}`);
  } else if (!isContentTag) {
    hints.push(`the tag "${tag}" does not follow the content: it moves whenever the spec changes`);
  }
  // What another system's tag leaves open, no lock of ours closes.
  const floating = reuse === "fingerprint" ? spec.floating : [];
  const lockable = floating.filter((field) => !unlockable.has(field));
  if (lockable.length > 0) {
    hints.push(`run "imagespec lock" to fix what may change by itself: ${floating.join(", ")}`);
  } else if (floating.length > 0) {
    hints.push(`build on a base that has what no lock covers: ${floating.join(", ")}`);
  }
  const large = largeSource(spec);
  if (large !== undefined) hints.push(large);
  const [, architecture] = engine.hostPlatform.split("/");
  if (!spec.platforms.includes(`linux/${architecture}`)) {
    hints.push(`add platform "linux/${architecture}" to run the image on this machine without emulation`);
  }
  return hints;
}
