import { isImageSpecError } from "@imagespec/errors";
import { isBlobLoss } from "@imagespec/registry-client";
import { appenderName } from "../append/appender-name.ts";
import { type FoundTrunks, findTrunks } from "../append/find-trunks.ts";
import { sourceAppender } from "../append/source-appender.ts";
import { sourceLayer } from "../append/source-layer.ts";
import { type Trunk, trunkOf } from "../append/trunk.ts";
import { TrunkAges } from "../append/trunk-age.ts";
import { trunkSpec } from "../append/trunk-spec.ts";
import { userIds } from "../append/user-ids.ts";
import type { OpenedOutput } from "../outputs/opened-output.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import type { BuildTarget } from "./build-target.ts";
import type { FoundImage } from "./check-existence.ts";
import { chooseBuilders, type ImageJob } from "./image-job.ts";
import { addCosts, type MadeImage } from "./made-image.ts";
import { produceUnit } from "./produce-unit.ts";
import type { Assignment, Assignments } from "./select-builder.ts";

/** What the making of one image needs of the making of others. */
export interface BuildServices {
  /** The base that specs stand on, made when it does not exist. */
  readonly ensureBase: (specs: readonly ResolvedImageSpec[]) => Promise<MadeImage>;
  readonly findImage: (output: OpenedOutput, target: BuildTarget, signal: AbortSignal) => Promise<FoundImage>;
}

type Missing = readonly ResolvedImageSpec[];

/**
 * Builds what is missing of an image. Where an image of the same spec without its source is there, or can be built, the engine appends
 * the source to it; else builders make it as a whole. Meanwhile it is found out whether the output can be written.
 */
export async function buildMissing(
  job: ImageJob,
  missing: Missing,
  services: BuildServices,
): Promise<readonly MadeImage[]> {
  const { context, output, prefix } = job;
  const { events, signal } = context;
  const [beginning, preparation] = await Promise.allSettled([
    begin(job, missing, services),
    events.step("check output", () => output.prepare({ signal }), undefined, { builder: "", prefix }),
  ]);
  if (beginning.status === "rejected") throw beginning.reason;
  if (preparation.status === "rejected") throw preparation.reason;
  const { trunks, assignments } = beginning.value;
  if (trunks?.state === "ready") {
    return allOf(
      missing.map((unit) =>
        orWhole(job, [unit], services, undefined, async () => [await append(job, unit, trunks.trunks)]),
      ),
    );
  }
  await ensureBases(job, missing, assignments, services);
  return allOf(
    assignments.map(async (assignment) => {
      if (trunks?.state !== "missing" || !canAppendTo(assignment)) return [await produceUnit(job, assignment)];
      const units = missing.filter(({ platforms }) => assignment.spec.platforms.includes(platforms[0] ?? ""));
      return orWhole(job, units, services, assignment, () => buildAndAppend(job, units, trunks, assignment));
    }),
  );
}

/** Looks for images that the source can be appended to, and for builders where there are none. */
async function begin(
  job: ImageJob,
  missing: Missing,
  { findImage }: BuildServices,
): Promise<{ readonly trunks: FoundTrunks | undefined; readonly assignments: readonly Assignment[] }> {
  const { context, target, output, isForced } = job;
  const trunks = await findTrunks(context, target, missing, { output, isForced, findImage });
  if (trunks?.state === "ready") return { trunks, assignments: [] };
  if (trunks?.state === "unusable" && trunks.isUnexpected) warnOfWhole(job, trunks.why);
  return { trunks, assignments: (await choose(job, missing)).assignments };
}

function choose(job: ImageJob, missing: Missing): Promise<Assignments> {
  const { context, prefix } = job;
  return context.events.step(
    "choose",
    () => chooseBuilders(job, missing),
    ({ assignments }) => [...new Set(assignments.map(({ builder }) => builder.name))].join(", "),
    { builder: "", prefix },
  );
}

async function ensureBases(
  { context, target, prefix }: ImageJob,
  missing: Missing,
  assignments: readonly Assignment[],
  { ensureBase }: BuildServices,
): Promise<void> {
  const uppers = assignments.filter(({ spec, given }) => given !== spec).map(({ given }) => given);
  // What stands on system packages has its base below those.
  const isPlain = uppers.length < assignments.length && target.spec.resolvedBase.kind === "image";
  const bases = [...uppers.map((upper) => [upper]), ...(isPlain ? [missing] : [])];
  if (bases.length === 0) return;
  await context.events.step(
    "base",
    () => Promise.all(bases.map((specs) => ensureBase(specs))),
    (made) => [...new Set(made.map(({ action }) => action))].join(", "),
    { builder: "", prefix },
  );
}

/** Whether the engine may append to what a builder makes: it says so, it is given the spec as a whole, and has nothing yet. */
export function canAppendTo({ builder, spec, given, existing }: Assignment): boolean {
  return builder.appendableSource === true && given === spec && existing === undefined;
}

function append(job: ImageJob, unit: ResolvedImageSpec, trunks: ReadonlyMap<string, Trunk>): Promise<MadeImage> {
  return produceUnit(job, { builder: sourceAppender(trunks), spec: unit, given: unit, existing: undefined });
}

/** Has a builder make the image without its source, and appends that. */
async function buildAndAppend(
  job: ImageJob,
  units: Missing,
  { target, isForced }: Extract<FoundTrunks, { readonly state: "missing" }>,
  assignment: Assignment,
): Promise<readonly MadeImage[]> {
  const spec = trunkSpec(assignment.spec);
  const verified = deferred<MadeImage["platforms"]>();
  const making = produceUnit(
    { ...job, target, isForced, onVerified: verified.resolve },
    { ...assignment, spec, given: spec },
  );
  // What can be done of the layer until then. Its error comes again when it is written.
  const prepared = prepareSource(job, assignment.spec).catch(() => undefined);
  const appending = (async () => {
    // Not when it has its tag: that can be given meanwhile.
    const platforms = await Promise.race([verified.promise, making.then((image) => image.platforms)]);
    const trunks = trunksOf(job, target, spec, platforms);
    await prepared;
    return allOf(units.map(async (unit) => [await append(job, unit, trunks)]));
  })();
  // Both are waited for, so that nothing is written any more when one of them has failed.
  const [built, appended] = await Promise.allSettled([making, appending]);
  if (built.status === "rejected") {
    // What the source was appended to is there; a tag that may not move (a registry's rule for all tags) is no reason to fail.
    const isOnlyTag = appended.status === "fulfilled" && built.reason instanceof Error && !job.context.signal.aborted;
    if (!isOnlyTag) throw built.reason;
    warn(job, `the image without its source did not get its tag: ${built.reason.message}`);
    return appended.value;
  }
  const below = built.value;
  if (below.action === "built") await noteAges(job, below);
  if (appended.status === "rejected") throw appended.reason;
  const made = appended.value;
  return below.action === "built" ? made.map((image, index) => withBelow(image, below, index === 0)) : made;
}

function trunksOf(
  { output }: ImageJob,
  target: BuildTarget,
  spec: ResolvedImageSpec,
  platforms: MadeImage["platforms"],
): ReadonlyMap<string, Trunk> {
  const reference = output.reference(target.tag);
  return new Map(
    [...platforms].map(([platform, facts]) => {
      const fingerprint = spec.platformFingerprints[platform] ?? spec.fingerprint;
      const trunk = trunkOf(facts, spec, { reference, fingerprint });
      if (typeof trunk === "string") throw new NotAppendable(`nothing can be appended to "${reference}": ${trunk}`);
      return [platform, trunk];
    }),
  );
}

async function noteAges({ context }: ImageJob, { platforms }: MadeImage): Promise<void> {
  const ages = new TrunkAges(context.engine.cacheFolder);
  for (const { image } of platforms.values()) await ages.note(image.descriptor.digest);
}

/** Makes the layer of a source for the user that the image will most probably have. */
async function prepareSource({ context: { engine, signal } }: ImageJob, spec: ResolvedImageSpec): Promise<void> {
  const owner = userIds(spec.user ?? "imagespec");
  if (owner === undefined) return;
  await sourceLayer(spec, owner, { cacheFolder: engine.cacheFolder, store: await engine.store(), signal });
}

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let settle: ((value: T) => void) | undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: (value) => settle?.(value) };
}

/** An image together with what was built for it, whose costs count once. */
function withBelow(image: MadeImage, below: MadeImage, countsCosts: boolean): MadeImage {
  const { layers } = image.costs;
  const own = { ...image.costs, layers: { built: layers.built, reused: 1 - layers.built } };
  return { ...image, builder: below.builder, costs: countsCosts ? addCosts([below.costs, own]) : own };
}

/** An image that was built without its source is not of the form that the source can be appended to. */
class NotAppendable extends Error {
  override readonly name = "NotAppendable";
}

/** When a source cannot be appended after all, builders make the image as a whole. */
async function orWhole(
  job: ImageJob,
  units: Missing,
  services: BuildServices,
  assignment: Assignment | undefined,
  action: () => Promise<readonly MadeImage[]>,
): Promise<readonly MadeImage[]> {
  try {
    return await action();
  } catch (error) {
    if (job.context.signal.aborted || !isAboutTrunk(error)) throw error;
    warnOfWhole(job, error.message);
    if (assignment !== undefined) return [await produceUnit(job, assignment)];
  }
  const { assignments } = await choose(job, units);
  await ensureBases(job, units, assignments, services);
  return allOf(assignments.map(async (chosen) => [await produceUnit(job, chosen)]));
}

/** Whether a failure says that what the source was appended to is not what it should be, or is there no more. */
function isAboutTrunk(error: unknown): error is Error {
  if (error instanceof NotAppendable) return true;
  if (!isImageSpecError(error) || error.details["builder"] !== appenderName) return false;
  return isBlobLoss(error) || ["BUILDER_CONTRACT", "MANIFEST_INVALID", "REGISTRY_NOT_FOUND"].includes(error.code);
}

function warnOfWhole(job: ImageJob, why: string): void {
  warn(job, `the image is built as a whole instead of appending its source: ${why}`);
}

function warn({ context, prefix }: ImageJob, message: string): void {
  context.events.emit({ builder: "", prefix }, { type: "warning", message });
}

/** All are waited for: a platform that is done stays reusable when another one fails. */
async function allOf(work: readonly Promise<readonly MadeImage[]>[]): Promise<readonly MadeImage[]> {
  const units = await Promise.allSettled(work);
  return units.flatMap((unit) => {
    if (unit.status === "rejected") throw unit.reason;
    return unit.value;
  });
}
