import { join } from "node:path";
import { isImageSpecError } from "@imagespec/errors";
import { withFileLock } from "@imagespec/image-store";
import { copyImage } from "@imagespec/registry-client";
import { assertOutcome } from "../builder/assert-outcome.ts";
import type { BuildOutcome } from "../builder/builder.ts";
import type { OpenedOutput } from "../outputs/opened-output.ts";
import { buildError } from "./build-error.ts";
import { buildRequest } from "./build-request.ts";
import { type BuildTarget, platformTarget } from "./build-target.ts";
import { checkExistence } from "./check-existence.ts";
import { findExisting } from "./find-existing.ts";
import { chooseBuilders, type ImageJob } from "./image-job.ts";
import { imageRecord } from "./image-record.ts";
import { type MadeImage, noCosts } from "./made-image.ts";
import { orWarn } from "./or-warn.ts";
import { platformSpecsOf } from "./platform-specs.ts";
import type { Assignment } from "./select-builder.ts";
import { systemPartOf } from "./split-spec.ts";
import { untilAborted } from "./time-limit.ts";
import { UntaggedSink } from "./untagged-sink.ts";
import { type VerifiedOutcome, verifyOutcome } from "./verify-outcome.ts";
import { failsForAll } from "./work-table.ts";

/**
 * Makes one unit: an image of one platform, or all platforms for a builder that does them at once.
 *
 * Equal content that is being built, or was built in the same call, is copied; across processes a lock file makes the second
 * one wait and then find the image.
 */
export async function produceUnit(job: ImageJob, assignment: Assignment): Promise<MadeImage> {
  const { context, target } = job;
  const { spec } = assignment;
  const unit =
    spec.platforms.length === target.spec.platforms.length ? { ...target, spec } : platformTarget(target, spec);
  const key = `${spec.fingerprint} ${target.spec.builder ?? ""}`;
  for (;;) {
    const running = context.session.built.get(key) ?? context.engine.work.get(key);
    if (running === undefined) break;
    let made: MadeImage;
    try {
      made = await untilAborted(context.signal, () => running);
    } catch (error) {
      if (context.signal.aborted || failsForAll(error)) throw error;
      continue;
    }
    return copyUnit(job, unit, made);
  }
  const work = lockedBuild(job, unit, assignment);
  context.session.built.add(key, work, true);
  context.engine.work.add(key, work, false);
  return work;
}

/** Waits for other processes that make the same, and looks again when there was one. */
async function lockedBuild(job: ImageJob, unit: BuildTarget, assignment: Assignment): Promise<MadeImage> {
  const { context, output, isForced } = job;
  const { signal, events, engine } = context;
  const file = join(engine.cacheFolder, "locks", `${unit.spec.fingerprint}.lock`);
  let hasWaited = false;
  const onWait = (holder: string): void => {
    hasWaited = true;
    const message = `waiting for ${holder}, which builds the same image`;
    events.emit(
      { builder: "", prefix: job.prefix },
      { type: "step", id: "wait", name: "wait", state: "queued", detail: message },
    );
  };
  const action = async (): Promise<MadeImage> => {
    if (hasWaited && !isForced) {
      const { existence, image, platforms } = await checkExistence(output, unit, signal);
      if (existence.state === "present" && image !== undefined) {
        return { output, image, platforms, action: "exists", builder: "", costs: noCosts, records: [] };
      }
    }
    return buildWithFallback(job, unit, assignment);
  };
  return withFileLock(file, action, { signal, onWait });
}

async function buildWithFallback(job: ImageJob, unit: BuildTarget, assignment: Assignment): Promise<MadeImage> {
  const failed = new Set<string>();
  let current = assignment;
  for (;;) {
    try {
      return await buildUnit(job, unit, current);
    } catch (error) {
      const { context } = job;
      const name = current.builder.name;
      const isHopeless = isImageSpecError(error) && (error.origin === "spec" || error.origin === "index");
      if (context.options.fallback !== true || context.signal.aborted || isHopeless) throw error;
      failed.add(name);
      const next = await nextBuilder(job, unit, failed);
      if (next === undefined) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      const message = `builder "${name}" failed, "${next.builder.name}" goes on: ${reason}`;
      context.events.emit({ builder: name, prefix: job.prefix }, { type: "warning", message });
      current = next;
    }
  }
}

async function nextBuilder(
  job: ImageJob,
  unit: BuildTarget,
  failed: ReadonlySet<string>,
): Promise<Assignment | undefined> {
  if (job.target.spec.builder !== undefined) return undefined;
  try {
    return (await chooseBuilders({ ...job, target: unit }, [unit.spec], failed)).assignments[0];
  } catch (error) {
    if (isImageSpecError(error, "NO_BUILDER")) return undefined;
    throw error;
  }
}

async function buildUnit(job: ImageJob, unit: BuildTarget, assignment: Assignment): Promise<MadeImage> {
  const { context, output } = job;
  const { builder, spec, given } = assignment;
  const { outcome, verified, unchanged } =
    assignment.existing === undefined ? await runBuilder(job, unit, assignment) : await takeExisting(job, assignment);
  const records = [...verified.platforms.values()].map(({ image, platform }) => ({
    subject: image.descriptor,
    record: imageRecord(spec, platform, builder.name, outcome, systemPartOf(given)),
  }));
  // Between reading the files and now somebody may have edited them: then the tag must not say that this is the spec.
  await (unchanged ?? spec.source.verify(context.signal));
  job.onVerified?.(verified.platforms);
  const published = await publishUnit(job, unit, { ...verified, records });
  const total = [...published.platforms.values()].reduce((count, { layers }) => count + layers.length, 0);
  return {
    output,
    image: published.image,
    platforms: published.platforms,
    action: published.image.descriptor.digest === verified.image.descriptor.digest ? "built" : "exists",
    builder: builder.name,
    costs: {
      timings: outcome.timings,
      bytes: outcome.bytes,
      layers: outcome.layers ?? { built: total, reused: 0 },
    },
    records,
  };
}

interface UnitOutcome {
  readonly outcome: Pick<BuildOutcome, "timings" | "bytes" | "layers" | "resolution" | "record">;
  readonly verified: VerifiedOutcome;
  /** The source, looked at while the image was. */
  readonly unchanged?: Promise<void>;
}

async function runBuilder(
  job: ImageJob,
  unit: BuildTarget,
  { builder, spec, given }: Assignment,
): Promise<UnitOutcome> {
  const { context, output, prefix } = job;
  const { signal, engine } = context;
  return engine.limiter.run(signal, async () => {
    const sink = new UntaggedSink(output.sink);
    try {
      const upper = given === spec ? undefined : given;
      const base = (platform: string) => untilAborted(signal, () => job.base.open(platform, upper));
      const { isForced } = job;
      const work = { builder, spec: given, labelled: spec, output, tag: unit.tag, sink, base, prefix, isForced };
      const request = await buildRequest(context, work);
      const outcome: unknown = await untilAborted(signal, () =>
        engine.activities.track((async () => builder.build(given, request))()),
      );
      assertOutcome(builder.name, outcome, spec.platforms);
      const unchanged = spec.source.verify(signal);
      // Whoever takes it gets its error; until then it must not count as unhandled.
      unchanged.catch(() => undefined);
      return { outcome, verified: await verifyOutcome(builder.name, output, spec, outcome.digest, signal), unchanged };
    } catch (error) {
      const platform = spec.platforms.length === 1 ? spec.platforms[0] : undefined;
      throw buildError(error, builder.name, context.events.logTail({ builder: builder.name, platform, prefix }));
    } finally {
      sink.close();
    }
  });
}

async function takeExisting(job: ImageJob, { builder, spec, existing }: Assignment): Promise<UnitOutcome> {
  const { context, output } = job;
  const services = { output, client: await context.engine.registryClient() };
  const found = existing && (await findExisting(builder.name, existing, spec, services, context.signal));
  if (found === undefined) {
    throw buildError(new Error(`"${existing?.reference}", which it has, disappeared`), builder.name, []);
  }
  const outcome = { timings: {}, bytes: noCosts.bytes, layers: noCosts.layers };
  if (found.isInOutput) return { outcome, verified: found };
  const { bytesSent } = await copyImage(found.source, { digest: found.image.descriptor.digest }, output.sink, {
    signal: context.signal,
  });
  return { outcome: { ...outcome, bytes: { downloaded: bytesSent, uploaded: bytesSent } }, verified: found };
}

/** Puts an image that was just built elsewhere also here. */
async function copyUnit(job: ImageJob, unit: BuildTarget, made: MadeImage): Promise<MadeImage> {
  const { context, output, prefix } = job;
  const { signal, events } = context;
  const isHere = isSamePlace(made.output, output);
  const copied = await events.step(
    "copy",
    async () => {
      if (isHere) return { bytesSent: 0, blobsReused: 0 };
      const from = made.output.repository;
      const isSameRegistry = from !== undefined && from.registry === output.repository?.registry;
      return copyImage(made.output.source, { digest: made.image.descriptor.digest }, output.sink, {
        signal,
        ...(isSameRegistry ? { mountFrom: [from.repository] } : {}),
      });
    },
    () => `the same image was built as ${made.output.reference(unit.tag)}`,
    { builder: "", prefix },
  );
  const { image, platforms } = await publishUnit(job, unit, isHere ? { ...made, records: [] } : made);
  const layers = {
    built: 0,
    reused: [...made.platforms.values()].reduce((sum, facts) => sum + facts.layers.length, 0),
  };
  return {
    ...made,
    output,
    image,
    platforms,
    costs: { timings: {}, bytes: { downloaded: 0, uploaded: copied.bytesSent }, layers },
  };
}

function isSamePlace(a: OpenedOutput, b: OpenedOutput): boolean {
  return a.reference("x") === b.reference("x") && a.describe("x").kind === b.describe("x").kind;
}

/** Gives an image its tags and its records, side by side. Returns the image that has the tag in the end. */
async function publishUnit(
  job: ImageJob,
  unit: BuildTarget,
  made: VerifiedOutcome & Pick<MadeImage, "records">,
): Promise<VerifiedOutcome> {
  const { context, output } = job;
  const keep = ({ subject, record }: MadeImage["records"][number]): Promise<void> =>
    orWarn(job, `the record of "${subject.digest}" could not be kept`, () =>
      output.addRecord(subject, record, { signal: context.signal }),
    );
  // All are waited for, so that nothing is written any more when this has failed.
  const [tagged] = await Promise.allSettled([tagUnit(job, unit, made), ...made.records.map(keep)]);
  if (tagged.status === "fulfilled") return made;
  const other = await taggedMeanwhile(job, tagged.reason);
  if (other === undefined) throw tagged.reason;
  return other;
}

/** A registry whose tags may not move refuses the second of two machines that build the same: the first one's image counts. */
async function taggedMeanwhile(job: ImageJob, reason: unknown): Promise<VerifiedOutcome | undefined> {
  const { context, target, output, isForced, prefix } = job;
  const { signal, events } = context;
  const isRefusal = isImageSpecError(reason) && reason.origin === "registry" && !signal.aborted;
  if (!isRefusal || isForced || target.spec.platforms.length > 1) return undefined;
  const { existence, image, platforms } = await checkExistence(output, target, signal);
  if (existence.state !== "present" || !existence.verified || image === undefined) return undefined;
  const reference = output.reference(target.tag);
  const message = `"${reference}" was made by somebody else meanwhile: that image counts, of the same spec`;
  events.emit({ builder: "", prefix }, { type: "warning", message });
  return { image, platforms };
}

/** Tags the platforms of a multi-platform image one by one, and an image of one platform as what it is. */
async function tagUnit({ context, target, output }: ImageJob, unit: BuildTarget, made: VerifiedOutcome): Promise<void> {
  const { signal } = context;
  if (target.spec.platforms.length === 1) {
    await output.tag(made.image, target.tag, { signal });
    return;
  }
  if (!output.keepsPlatformTags) return;
  if (unit.spec.platforms.length === 1) {
    await output.tag(made.image, unit.tag, { signal });
    return;
  }
  for (const spec of platformSpecsOf(target)) {
    const facts = made.platforms.get(spec.platforms[0] ?? "");
    if (facts !== undefined) await output.tag(facts.image, platformTarget(target, spec).tag, { signal });
  }
}
