import { ImageSpecError } from "@imagespec/errors";
import { encodeManifest, mediaTypes, parsePlatform, type StoredManifest } from "@imagespec/oci";
import { openOutput } from "../outputs/open-output.ts";
import type { OpenedOutput } from "../outputs/opened-output.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import { type BuildTarget, baseTarget, platformTarget, referenceOf } from "./build-target.ts";
import { checkExistence } from "./check-existence.ts";
import type { BuildContext } from "./engine-context.ts";
import type { Existence } from "./existence.ts";
import type { ImageJob } from "./image-job.ts";
import { imageKeys } from "./image-keys.ts";
import { addCosts, type MadeImage, noCosts } from "./made-image.ts";
import { orWarn } from "./or-warn.ts";
import { platformSpecsOf } from "./platform-specs.ts";
import type { ImageFacts } from "./read-image.ts";
import { untilAborted } from "./time-limit.ts";
import { failsForAll } from "./work-table.ts";

interface MakeOptions {
  readonly isForced: boolean;
  /** Set for a base. */
  readonly prefix?: string | undefined;
}

/**
 * Makes an image: asks whether it exists, builds the platforms that are missing, joins them, tags the result. Nothing comes
 * back when the existence is unknown and the caller said to assume it.
 */
export async function makeImage(
  context: BuildContext,
  target: BuildTarget,
  { isForced, prefix }: MakeOptions,
): Promise<MadeImage | undefined> {
  const { engine, signal, events } = context;
  const output = await openOutput(target.place, engine);
  const origin = { builder: "", prefix };
  const found = isForced
    ? undefined
    : await events.step(
        "exists",
        () => untilAborted(signal, () => findImage(output, target, signal)),
        describeFound,
        origin,
      );
  if (found !== undefined) {
    const { existence, image, platforms } = found;
    const problem = refusal(context, existence, target, prefix !== undefined);
    if (problem !== undefined) throw problem;
    if (existence.state === "unknown" && context.options.existence === "assume") return undefined;
    if (existence.state === "present" && image !== undefined) {
      await output.deliver(image, target.tag, { signal });
      return { output, image, platforms, action: "exists", builder: "", costs: noCosts, records: [] };
    }
  }
  const ready = found?.platforms ?? new Map<string, ImageFacts>();
  const missing = platformSpecsOf(target).filter(
    ({ platforms }) => !platforms.every((platform) => ready.has(platform)),
  );
  // Loaded when there is something to make: most often there is not.
  const { BaseOpener } = await import("./open-base.ts");
  await using base = new BaseOpener(
    target.spec,
    await engine.registryClient(),
    (upper) => ensureBase(context, target, upper === undefined ? missing : [upper], isForced),
    signal,
  );
  const job: ImageJob = { context, target, output, base, isForced, prefix };
  const made = await untilAborted(signal, () => engine.activities.track(makeMissing(job, missing)));
  return finish(job, ready, made);
}

/** The image under its tag; of one with several platforms, also those that are there under their own tags. */
export async function findImage(
  output: OpenedOutput,
  target: BuildTarget,
  signal: AbortSignal,
): Promise<Awaited<ReturnType<typeof checkExistence>>> {
  const found = await checkExistence(output, target, signal);
  const isOpen = found.existence.state === "absent" || found.existence.state === "partial" || !target.isContentTag;
  if (target.spec.platforms.length === 1 || !output.keepsPlatformTags || !isOpen) return found;
  if (found.existence.state === "present" || found.existence.state === "unknown") return found;
  const wanted = platformSpecsOf(target).filter(({ platforms }) => !found.platforms.has(platforms[0] ?? ""));
  const others = await Promise.all(
    wanted.map((spec) => checkExistence(output, { ...platformTarget(target, spec), reuse: "fingerprint" }, signal)),
  );
  for (const { existence } of others) {
    if (existence.state === "mismatch" && target.isDefaultTag) throw tagMismatch(existence, target);
  }
  return { ...found, platforms: new Map([...found.platforms, ...others.flatMap(({ platforms }) => [...platforms])]) };
}

async function makeMissing(job: ImageJob, missing: readonly ResolvedImageSpec[]): Promise<readonly MadeImage[]> {
  const { context, target, output, isForced } = job;
  if (missing.length === 0) {
    await output.prepare({ signal: context.signal });
    return [];
  }
  const { buildMissing } = await import("./build-missing.ts");
  return buildMissing(job, missing, {
    ensureBase: (specs) => ensureBase(context, target, specs, isForced),
    findImage,
  });
}

async function finish(
  job: ImageJob,
  ready: ReadonlyMap<string, ImageFacts>,
  made: readonly MadeImage[],
): Promise<MadeImage> {
  const { context, target, output, prefix } = job;
  const { events, signal } = context;
  const platforms = new Map([...ready, ...made.flatMap((unit) => [...unit.platforms])]);
  const [only] = made;
  let image: StoredManifest;
  if (target.spec.platforms.length === 1 && only !== undefined) image = only.image;
  else {
    image = indexOf(target.spec, platforms);
    const origin = { builder: "", prefix };
    await events.step(
      "join",
      () => output.tag(image, target.tag, { signal }),
      () => [...platforms.keys()].join(", "),
      origin,
    );
    await removePartialTags(job);
  }
  await output.deliver(image, target.tag, { signal });
  const built = made.filter(({ action }) => action === "built");
  return {
    output,
    image,
    platforms,
    action: ready.size > 0 ? "joined" : built.length > 0 ? "built" : "exists",
    builder: [...new Set(built.map(({ builder }) => builder))].join(", "),
    costs: addCosts(made.map(({ costs }) => costs)),
    records: made.flatMap(({ records }) => records),
  };
}

function indexOf(spec: ResolvedImageSpec, platforms: ReadonlyMap<string, ImageFacts>): StoredManifest {
  return encodeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: [...spec.platforms].sort().flatMap((platform) => {
      const facts = platforms.get(platform);
      if (facts === undefined) return [];
      const { mediaType, digest, size } = facts.image.descriptor;
      return [{ mediaType, digest, size, platform: parsePlatform(platform) }];
    }),
    annotations: { [imageKeys.fingerprint]: spec.fingerprint, [imageKeys.contract]: String(spec.contract) },
  });
}

/** Beside a tag of the caller's own, those of single platforms have done their duty. */
async function removePartialTags({ context, target, output, prefix }: ImageJob): Promise<void> {
  if (target.isDefaultTag || !output.keepsPlatformTags) return;
  for (const spec of platformSpecsOf(target)) {
    const { tag } = platformTarget(target, spec);
    await orWarn({ context, prefix }, `the tag "${tag}" of a single platform stays behind`, () =>
      output.untag(tag, { signal: context.signal }),
    );
  }
}

/** The base of an image, made when it does not exist: once for all images of a call that stand on it. */
async function ensureBase(
  context: BuildContext,
  child: BuildTarget,
  missing: readonly ResolvedImageSpec[],
  isForced: boolean,
): Promise<MadeImage> {
  const { session, signal } = context;
  // For one platform of several, the base of that platform is enough.
  const spec = missing.length === 1 ? (missing[0] ?? child.spec) : child.spec;
  const { resolvedBase } = spec;
  if (resolvedBase.kind !== "image") throw new ImageSpecError("INTERNAL", "the base is no image of the engine's own");
  const target = baseTarget(resolvedBase.image, child);
  const key = `${target.spec.fingerprint} ${JSON.stringify(target.place)}`;
  for (;;) {
    const known = session.bases.get(key);
    if (known === undefined) break;
    try {
      return await untilAborted(signal, () => known);
    } catch (error) {
      if (signal.aborted || failsForAll(error)) throw error;
      if (session.bases.get(key) === known) session.bases.delete(key);
    }
  }
  // The lower half of a split build is no base that the user knows of: it is made anew with the whole.
  const work = makeBase(context, target, isForced && target.spec.part === "system");
  session.bases.set(key, work);
  return work;
}

async function makeBase(context: BuildContext, target: BuildTarget, isForced: boolean): Promise<MadeImage> {
  const made = await makeImage(context, target, { isForced, prefix: `base ${target.name}` });
  if (made !== undefined) return made;
  throw new ImageSpecError("INTERNAL", `the base "${target.name}:${target.tag}" was assumed to exist`);
}

/** Why what was found keeps an image from being built, if it does. */
export function refusal(
  { options }: BuildContext,
  existence: Existence,
  target: BuildTarget,
  isBase: boolean,
): ImageSpecError | undefined {
  if (existence.state === "mismatch" && target.isContentTag) return tagMismatch(existence, target);
  if (existence.state !== "unknown") return undefined;
  const policy = options.existence ?? "fail";
  // What stands on a base needs its digest.
  if (policy === "build" || (policy === "assume" && !isBase)) return undefined;
  const { reason, error } = existence;
  const reference = referenceOf(target);
  return new ImageSpecError("EXISTENCE_UNKNOWN", `it cannot be told whether "${reference}" exists: ${reason}`, {
    hint: `${error.hint ?? "make the registry answer"}; or choose existence: "build" to build without knowing`,
    cause: error,
    details: { reference, reason, code: error.code },
  });
}

/** `TAG_MISMATCH`: the tag says what is in the image, and something else is. */
function tagMismatch(
  { reference, reason, digest, fingerprint }: Extract<Existence, { readonly state: "mismatch" }>,
  { spec }: BuildTarget,
): ImageSpecError {
  return new ImageSpecError("TAG_MISMATCH", `"${reference}" exists and is not the image of the spec: ${reason}`, {
    hint: "build with force to replace it, once you know who put it there",
    details: { reference, digest, fingerprint: fingerprint ?? null, expected: spec.fingerprint },
  });
}

function describeFound({ existence, platforms }: Awaited<ReturnType<typeof checkExistence>>): string {
  const reused =
    platforms.size > 0 && existence.state !== "present" ? `, reusing ${[...platforms.keys()].join(", ")}` : "";
  return `${existence.state}${reused}`;
}
