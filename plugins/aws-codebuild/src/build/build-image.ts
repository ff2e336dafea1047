import { randomBytes } from "node:crypto";
import path from "node:path";
import {
  buildCost,
  type Clock,
  type Poller,
  type PreparedImage,
  prepareImage,
  retryOnce,
  systemClock,
  verifyDigest,
  waitForQuota,
} from "@imagespec/cloud-support";
import type { BuildOutcome, BuildRequest, ResolvedImageSpec } from "@imagespec/core";
import { ImageSpecError, isImageSpecError, messageOf } from "@imagespec/errors";
import { parseImageManifest, type StoredManifest } from "@imagespec/oci";
import type { CompleteOptions } from "../assert-options.ts";
import type { AwsPorts, CodebuildBuild } from "../aws/ports.ts";
import { parseEcrHost } from "../ecr/ecr-host.ts";
import { releaseTag } from "../ecr/release-tag.ts";
import { digestVariable } from "./buildspec.ts";
import { explainOutcome } from "./explain-outcome.ts";
import { type FollowedBuild, finalStatuses, followBuild } from "./follow-build.ts";
import { ensureProject } from "./project.ts";
import { startBuild } from "./start-build.ts";
import { startRequest } from "./start-request.ts";
import { type UploadedContext, uploadContext } from "./upload-context.ts";

/** What builds of one builder share. */
export interface BuildTools {
  readonly options: CompleteOptions;
  readonly aws: AwsPorts;
  readonly poller: Poller<CodebuildBuild>;
  readonly clock?: Clock;
}

interface Job extends BuildTools {
  readonly spec: ResolvedImageSpec;
  readonly request: BuildRequest;
  readonly target: { readonly registry: string; readonly repository: string; readonly tag: string };
  readonly prepared: PreparedImage;
  readonly nonce: string;
}

/**
 * Builds an image of one platform with CodeBuild: everything is planned on this machine, and the context is handed over by the bucket.
 *
 * @throws CLOUD_…, AWS_BUCKET_REGION, BUILD_STEP_FAILED, BUILD_TIMEOUT, BASE_…, REGISTRY_…, ABORTED, and whatever resolving throws
 */
export async function buildImage(
  spec: ResolvedImageSpec,
  request: BuildRequest,
  tools: BuildTools,
): Promise<BuildOutcome> {
  const { output, signal } = request;
  if (output.kind !== "registry") throw new ImageSpecError("INTERNAL", "CodeBuild pushes to registries alone");
  const { options, aws } = tools;
  const prepared = await prepareImage(spec, request, {
    builder: "aws-codebuild",
    dialect: options.dialect,
    index: options.index,
    uv: options.uv,
    uvImage: options.uvImage,
    mirrors: options.registryMirrors,
  });
  const nonce = randomBytes(8).toString("hex");
  // A tag that nobody else has: the engine gives the image its own when it has looked at it.
  const target = { registry: output.registry, repository: output.repository, tag: `imagespec-${nonce}` };
  const job: Job = { ...tools, spec, request, target, prepared, nonce };
  await ensureProject(await aws.codebuild(), options, { signal });
  const context = await uploadContext(prepared, request, {
    bucket: await aws.bucket(),
    name: options.bucket,
    prefix: options.prefix ?? "imagespec/contexts",
    folder: path.join(request.cacheFolder, "aws-codebuild", "contexts"),
    unique: options.cleanup === "always" ? nonce : undefined,
  });
  try {
    const followed = await retryOnce((attempt) => runBuild(job, context, attempt), {
      signal,
      onRetry: (reason) => request.emit({ type: "retry", what: "build", attempt: 1, delayMs: 0, reason }),
    });
    return outcomeOf(job, context, followed, await takeImage(job, followed));
  } finally {
    if (options.cleanup === "always") await removeContext(job, context);
  }
}

/** Starts a build and follows it to a good end. */
async function runBuild(job: Job, context: UploadedContext, attempt: number): Promise<FollowedBuild> {
  const { aws, options, request, spec, prepared, target, nonce, poller, clock } = job;
  const { signal, emit } = request;
  const codebuild = await aws.codebuild();
  const { timeoutMinutes = 60, queueMinutes = 30 } = options.compute ?? {};
  const input = startRequest({ options, prepared, secrets: spec.secrets, context, target, nonce, attempt });
  const started = await prepared.steps.run("start", undefined, async (notes) => {
    const stop = (id: string): Promise<void> => stopBuild(job, id);
    const build = await waitForQuota(() => startBuild(codebuild, input, { signal, stop, ...(clock && { clock }) }), {
      limitMs: queueMinutes * 60_000,
      onWait: (wait) => emit({ type: "retry", what: "start the build", ...wait }),
      signal,
      ...(clock && { clock }),
    });
    notes.detail = build.id;
    return build;
  });
  const logs = options.logs === "off" ? undefined : await aws.logs();
  try {
    const follow = { poller, logs, plan: prepared.plan, request, attempt, logMs: options.polling?.logMs, clock };
    const followed = await followBuild(started, follow);
    if (followed.build.status === "SUCCEEDED") return followed;
    throw explainOutcome(followed.build, {
      project: input.projectName,
      spec,
      target: `${target.registry}/${target.repository}`,
      failed: followed.progress.failed,
      tail: followed.tail,
      limits: { timeoutMinutes, queueMinutes },
    });
  } catch (error) {
    // Whatever made this process stop looking: nobody would take the image of that build.
    const isOpen = signal.aborted || !(isImageSpecError(error) && error.details["build"] === started.id);
    if (isOpen && options.stopOnAbort !== false) await stopBuild(job, started.id);
    if (isOpen || hasBuilt(error)) await dropTag(job);
    throw error;
  }
}

/** Whether a build came so far that it may have pushed something. */
function hasBuilt(error: unknown): boolean {
  return isImageSpecError(error) && !/^(?:QUEUED|PROVISIONING|DOWNLOAD_SOURCE)$/.test(String(error.details["phase"]));
}

/** The image that was pushed, without the tag of the build. */
async function takeImage(job: Job, { build }: FollowedBuild): Promise<StoredManifest> {
  const { request, target, aws } = job;
  const { registryClient, signal, emit } = request;
  const { registry, repository, tag } = target;
  const remote = registryClient.repository({ registry, repository });
  try {
    const stated = build.exported[digestVariable];
    const image = await verifyDigest(stated, remote, { provider: "aws", build: build.id, signal });
    const tagged = await remote.headManifest({ tag }, { signal, mirrors: false });
    // Pushed by digest, as with a cache in a registry, there is no tag.
    if (tagged === undefined) return image;
    if (tagged.digest !== image.descriptor.digest)
      await verifyDigest(stated, remote, { provider: "aws", build: build.id, tag, signal });
    const host = parseEcrHost(registry);
    try {
      await releaseTag(await aws.ecr(host?.region), remote, tag, { account: host?.account, signal });
    } catch (error) {
      if (!isImageSpecError(error) || signal.aborted) throw error;
      emit({ type: "warning", message: `the tag "${tag}" of the build stays behind: ${messageOf(error)}` });
    }
    return image;
  } catch (error) {
    await dropTag(job);
    throw error;
  }
}

function outcomeOf(
  { prepared, options }: Job,
  context: UploadedContext,
  { build, progress, timings }: FollowedBuild,
  { descriptor, bytes }: StoredManifest,
): BuildOutcome {
  const { platform, resolution, base, steps } = prepared;
  const all = parseImageManifest(bytes, descriptor.mediaType).layers.length;
  const built = Math.max(0, Math.min(all - (base?.layers ?? 0), progress.built));
  const seconds = ((build.endedAt ?? 0) - (build.startedAt ?? build.endedAt ?? 0)) / 1000;
  const cost = buildCost(seconds, options.rate);
  return {
    digest: descriptor.digest,
    mediaType: descriptor.mediaType,
    size: descriptor.size,
    platforms: [platform],
    timings: { ...steps.timings, ...timings },
    bytes: { downloaded: 0, uploaded: context.sent },
    layers: { built, reused: all - built },
    ...(resolution === undefined ? {} : { resolution: { [platform]: resolution } }),
    record: {
      build: build.id,
      context: context.sha256,
      seconds: Math.round(seconds),
      ...(build.log.link === undefined ? {} : { log: build.log.link }),
      ...(cost === undefined ? {} : { cost: { ...cost } }),
    },
  };
}

/** With a signal of its own: the build is stopped because the other one was triggered. */
async function stopBuild({ aws, request, clock = systemClock }: Job, id: string): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  try {
    const codebuild = await aws.codebuild();
    await codebuild.stopBuild(id, { signal });
    // A push that is under way would leave its tag behind.
    for (const delayMs of [100, 400, 1000, 2000]) {
      const [build] = await codebuild.batchGetBuilds([id], { signal });
      if (build !== undefined && finalStatuses.has(build.status)) return;
      await clock.sleep(delayMs, signal);
    }
  } catch (error) {
    if (!isImageSpecError(error)) throw error;
    request.emit({ type: "warning", message: `the build "${id}" could not be stopped: ${error.message}` });
  }
}

/** Removes what a build has pushed that came to nothing; with its only tag ECR removes the image. */
async function dropTag({ aws, target, request }: Job): Promise<void> {
  const host = parseEcrHost(target.registry);
  try {
    const ecr = await aws.ecr(host?.region);
    await ecr.deleteTag(target.repository, target.tag, { account: host?.account, signal: AbortSignal.timeout(5000) });
  } catch (error) {
    // Most often there is nothing: a failure to clean up says less than the one before.
    if (!isImageSpecError(error)) throw error;
    if (error.code !== "CLOUD_NOT_FOUND" && error.code !== "ABORTED")
      request.emit({ type: "warning", message: `the tag "${target.tag}" may stay behind: ${error.message}` });
  }
}

async function removeContext({ aws, options, request }: Job, { key }: UploadedContext): Promise<void> {
  try {
    await (await aws.bucket()).remove(options.bucket, key, { signal: AbortSignal.timeout(5000) });
  } catch (error) {
    if (!isImageSpecError(error)) throw error;
    request.emit({ type: "warning", message: `the context "${key}" stays in the bucket: ${error.message}` });
  }
}
