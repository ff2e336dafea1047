import type { BuildOutcome, BuildRequest, PackageResolution, ResolvedImageSpec } from "@imagespec/core";
import { cudaImage, type DockerfilePlan, type PackageTarget, packageTarget } from "@imagespec/dockerfile";
import { ImageSpecError } from "@imagespec/errors";
import { parseImageManifest } from "@imagespec/oci";
import { createUvResolver, resolvePackages } from "@imagespec/resolver";
import type { BuildkitBuilderOptions } from "../buildkit-builder-options.ts";
import { baseFacts } from "./base-facts.ts";
import type { BuildSession } from "./build-session.ts";
import { unexportedCaches } from "./cache-entries.ts";
import { createSession } from "./create-session.ts";
import type { DaemonPool } from "./daemon-pool.ts";
import { deliver } from "./delivery/deliver.ts";
import type { Delivered } from "./delivery/delivery-job.ts";
import { onBase } from "./on-base.ts";
import type { OpenedBase } from "./open-base.ts";
import { planImage } from "./plan-image.ts";

/**
 * Builds an image of one platform with a daemon: looks at the base, resolves the packages, writes the Dockerfile, has it carried out, and
 * brings the result to the output.
 *
 * @throws ENGINE_…, BASE_…, BUILD_STEP_FAILED, REGISTRY_…, STALLED, ABORTED, and whatever resolving throws
 */
export async function buildImage(
  spec: ResolvedImageSpec,
  request: BuildRequest,
  { options, pool }: { readonly options: BuildkitBuilderOptions; readonly pool: DaemonPool },
): Promise<BuildOutcome> {
  await using daemon = await pool.open(spec, request.signal);
  const session = createSession(spec, request, { options, daemon });
  const left = unexportedCaches(options.cache, daemon.features);
  if (left.length > 0) {
    const message = `the daemon at "${daemon.address}" cannot export caches of type ${left.join(", ")}: they are left out`;
    request.emit({ type: "warning", message });
  }
  if (spec.resolvedBase.kind === "scratch") return await buildOn(session, request, undefined);
  const image = (await cudaImage(spec, request)) ?? (await request.base(session.platform));
  if (image === undefined) throw new ImageSpecError("INTERNAL", "the engine gave no base image");
  return await onBase(session, image, (base) => buildOn(session, request, base));
}

async function buildOn(
  session: BuildSession,
  request: BuildRequest,
  base: OpenedBase | undefined,
): Promise<BuildOutcome> {
  const { spec, platform, steps, daemon } = session;
  const known = base === undefined ? undefined : await factsOf(session, base);
  const target = packageTarget(spec, known);
  const resolution = target === undefined ? undefined : await resolve(session, request, target);
  const plan = await planImage(session, request, { base, facts: known, resolution });
  const delivered = await deliver({ session, request, base, work: plan });
  const { descriptor, bytes } = delivered.image;
  return {
    digest: descriptor.digest,
    mediaType: descriptor.mediaType,
    size: descriptor.size,
    platforms: [platform],
    timings: { ...steps.timings, ...delivered.solved.timings },
    bytes: { downloaded: delivered.solved.pulled, uploaded: delivered.solved.contextBytes + delivered.uploaded },
    layers: countLayers(delivered, plan, parseImageManifest(bytes).layers.length, base?.manifest.layers.length ?? 0),
    ...(resolution === undefined ? {} : { resolution: { [platform]: resolution } }),
    record: {
      daemon: { kind: daemon.kind, version: daemon.version, store: daemon.features.store },
      dialect: plan.dialect,
    },
  };
}

function factsOf(session: BuildSession, base: OpenedBase) {
  return session.steps.run("base", "baseImage", async (notes) => {
    const { facts, cached } = await baseFacts(session, base);
    notes.cached = cached;
    const { reference } = base.image;
    notes.detail = facts.python === undefined ? reference : `${reference} · python ${facts.python.version}`;
    return facts;
  });
}

function resolve(
  session: BuildSession,
  request: BuildRequest,
  { environment, constraints }: PackageTarget,
): Promise<PackageResolution> {
  const { spec, settings, folder, steps } = session;
  return steps.run("resolve", "packages", async (notes) => {
    const { resolution, cached } = await resolvePackages(spec, environment, {
      resolver: request.resolver ?? createUvResolver({ cacheFolder: request.cacheFolder, settings }),
      request,
      settings,
      folder,
      constraints,
      sdists: true,
      signal: request.signal,
      onLog: (text) => request.emit({ type: "log", step: "resolve", stream: "err", text }),
    });
    const count = resolution.distributions.length;
    notes.detail = `${count} package${count === 1 ? "" : "s"}`;
    notes.cached = cached || count === 0;
    return resolution;
  });
}

/** Layers of steps that were carried out now count as built; those of the base, and what the daemon's cache had, as reused. */
function countLayers(
  { solved }: Delivered,
  { steps }: DockerfilePlan,
  all: number,
  inherited: number,
): { readonly built: number; readonly reused: number } {
  const known = new Set(steps.map(({ name }) => name));
  const done = new Set(solved.done.filter((name) => known.has(name)));
  const built = Math.max(0, Math.min(all - inherited, done.size));
  return { built, reused: all - built };
}
