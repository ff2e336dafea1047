import path from "node:path";
import {
  buildCost,
  contextFolder,
  type PackedContext,
  type PreparedImage,
  packContext,
  prepareImage,
  retryOnce,
  verifyDigest,
} from "@imagespec/cloud-support";
import type { BuildOutcome, BuildRequest, ResolvedImageSpec } from "@imagespec/core";
import { abortedError, messageOf } from "@imagespec/errors";
import { parseImageManifest, type StoredManifest } from "@imagespec/oci";
import { builderName } from "../builder-name.ts";
import type { StagedObject } from "../client/staging-client.ts";
import type { GoogleCloudBuildOptions } from "../google-cloud-build-options.ts";
import type { BuildWork } from "../request/build-work.ts";
import { chooseTool } from "../request/choose-tool.ts";
import { ensureTarget } from "./ensure-target.ts";
import type { GoogleSession } from "./google-session.ts";
import { isNative } from "./native-platform.ts";
import { type PushTarget, pushTarget, removePushedTag } from "./push-target.ts";
import { type RunResult, runBuild } from "./run-build.ts";
import { secretVersions } from "./secret-versions.ts";
import { stageContext } from "./stage-context.ts";

/**
 * Builds an image of one platform: plans it on this machine, has Cloud Build carry the Dockerfile out and push, and makes sure that the
 * registry has what the build says.
 *
 * @throws CLOUD_…, BUILD_STEP_FAILED, BUILD_TIMEOUT, REGISTRY_…, BASE_…, ABORTED, and whatever resolving throws
 */
export async function buildImage(
  spec: ResolvedImageSpec,
  request: BuildRequest,
  context: { readonly options: GoogleCloudBuildOptions; readonly session: GoogleSession },
): Promise<BuildOutcome> {
  try {
    return await build(spec, request, context);
  } catch (error) {
    // Whatever broke because of it, the abort is the cause.
    throw request.signal.aborted ? abortedError(request.signal) : error;
  }
}

async function build(
  spec: ResolvedImageSpec,
  request: BuildRequest,
  { options, session }: { readonly options: GoogleCloudBuildOptions; readonly session: GoogleSession },
): Promise<BuildOutcome> {
  const { signal } = request;
  const target = pushTarget(request);
  const emulated = spec.platforms.some((platform) => !isNative(platform));
  const prepared = await prepareImage(spec, request, {
    builder: builderName,
    dialect: chooseTool(options, { emulated }) === "docker" ? "base" : "modern",
    index: options.index,
  });
  const { steps } = prepared;
  await using packed = await steps.run("pack", "sourceRoot", () =>
    packContext(prepared.plan, {
      folder: path.join(request.cacheFolder, builderName, "contexts"),
      files: prepared.machineFiles,
      signal,
    }),
  );
  const source = await steps.run("upload", undefined, (notes) => upload(packed, notes));
  try {
    await ensureTarget(session, target, options, signal);
    const work = workOf(spec, request, { prepared, source, target, emulated, session, options });
    const result = await retryOnce(
      (attempt) => runBuild(session, { work, prepared, target, options, spec, request, attempt }),
      {
        signal,
        onRetry: (reason) => request.emit({ type: "retry", what: "the build", attempt: 1, delayMs: 0, reason }),
      },
    );
    const image = await verify(result);
    return outcomeOf(image, { prepared, result, source, options, session });
  } finally {
    if (options.cleanup === "always") await removeContext(session, source, request.emit);
  }

  async function upload(file: PackedContext, notes: { detail?: string; cached?: boolean }): Promise<StagedObject> {
    const isDefault = options.bucket === undefined;
    const staged = await stageContext(session, file, { isDefault, emit: request.emit, signal });
    notes.detail = `gs://${staged.bucket}/${staged.object}`;
    notes.cached = staged.uploaded === 0;
    return staged;
  }

  async function verify(result: RunResult): Promise<StoredManifest> {
    const { digest, state, tag, before, isJoined } = result;
    try {
      return await steps.run("verify", undefined, () =>
        verifyDigest(digest, target.repository, { provider: "google", build: state.id, tag, signal }),
      );
    } catch (error) {
      // A tag that nobody vouches for.
      const message = tag === undefined || isJoined ? undefined : await removePushedTag(target, before);
      if (message !== undefined) request.emit({ type: "warning", message });
      throw error;
    }
  }
}

/** Best effort: what is left is what the bucket's lifecycle rule removes. */
async function removeContext(
  { staging }: GoogleSession,
  source: StagedObject,
  emit: BuildRequest["emit"],
): Promise<void> {
  try {
    await staging.remove(source, { signal: AbortSignal.timeout(10_000) });
  } catch (error) {
    emit({
      type: "warning",
      message: `the context gs://${source.bucket}/${source.object} stays there: ${messageOf(error)}`,
    });
  }
}

function workOf(
  spec: ResolvedImageSpec,
  request: BuildRequest,
  parts: {
    readonly prepared: PreparedImage;
    readonly source: StagedObject;
    readonly target: PushTarget;
    readonly emulated: boolean;
    readonly session: GoogleSession;
    readonly options: GoogleCloudBuildOptions;
  },
): BuildWork {
  const { prepared, source, target, emulated, session, options } = parts;
  const { bucket, object, generation } = source;
  return {
    image: target.image,
    tag: target.tag,
    platform: prepared.platform,
    buildArgs: prepared.plan.buildArgs,
    secretFiles: prepared.machineFiles.map(({ id, path: file }) => ({ id, path: file })),
    secretVersions: secretVersions(prepared.plan, spec.secrets, {
      named: options.secrets ?? {},
      project: session.place.project,
    }),
    contextFolder,
    noCache: request.force,
    emulated,
    source: { bucket, object, generation },
  };
}

function outcomeOf(
  { descriptor, bytes }: StoredManifest,
  parts: {
    readonly prepared: PreparedImage;
    readonly result: RunResult;
    readonly source: StagedObject;
    readonly options: GoogleCloudBuildOptions;
    readonly session: GoogleSession;
  },
): BuildOutcome {
  const { prepared, result, source, options, session } = parts;
  const { platform, resolution, steps, base } = prepared;
  const { state, progress, phases, seconds } = result;
  const rate = options.machine?.dollarsPerMinute;
  const cost = buildCost(seconds, rate === undefined ? undefined : { perMinute: rate, currency: "USD" });
  const all = parseImageManifest(bytes, descriptor.mediaType).layers.length;
  const built = Math.min(progress.built, Math.max(0, all - (base?.layers ?? 0)));
  return {
    digest: descriptor.digest,
    mediaType: descriptor.mediaType,
    size: descriptor.size,
    platforms: [platform],
    timings: { ...steps.timings, ...phases.timings, ...progress.timings },
    bytes: { downloaded: 0, uploaded: source.uploaded },
    layers: { built, reused: all - built },
    ...(resolution === undefined ? {} : { resolution: { [platform]: resolution } }),
    record: {
      build: state.id,
      log: state.logUrl,
      project: session.place.project,
      location: session.place.location,
      joined: result.isJoined,
      ...(cost === undefined ? {} : { cost }),
    },
  };
}
