import type { BaseImage, BuildRequest, ImageSpecBuilder } from "../builder/builder.ts";
import type { BuilderEvent } from "../events/events.ts";
import { platformSpec } from "../fingerprint/fingerprint-spec.ts";
import type { OpenedOutput } from "../outputs/opened-output.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import type { BuildContext } from "./engine-context.ts";
import { imageKeys } from "./image-keys.ts";
import { readSecret } from "./read-secret.ts";
import type { UntaggedSink } from "./untagged-sink.ts";

/** What a builder is given for one piece of work. */
export async function buildRequest(
  context: BuildContext,
  work: {
    readonly builder: ImageSpecBuilder;
    readonly spec: ResolvedImageSpec;
    /** Whose labels the image has: of a split build, the spec as a whole. */
    readonly labelled: ResolvedImageSpec;
    readonly output: OpenedOutput;
    readonly tag: string;
    readonly sink: UntaggedSink;
    readonly base: (platform: string) => Promise<BaseImage | undefined>;
    readonly prefix: string | undefined;
    readonly isForced: boolean;
  },
): Promise<BuildRequest> {
  const { engine, events, signal } = context;
  const { builder, spec, labelled, output, tag, sink, prefix } = work;
  const platform = spec.platforms.length === 1 ? spec.platforms[0] : undefined;
  const labelsByPlatform = Object.fromEntries(spec.platforms.map((each) => [each, labelsFor(labelled, each)]));
  return {
    output: output.describe(tag),
    sink,
    base: (wanted) => work.base(wanted ?? spec.platforms[0] ?? ""),
    emit: (event: BuilderEvent) => events.emit({ builder: builder.name, platform, prefix }, event),
    signal,
    force: work.isForced,
    secrets: spec.secrets,
    secret: (id) => readSecret(spec, id, engine, signal),
    registryClient: await engine.registryClient(),
    resolver: engine.resolver,
    store: await engine.store(),
    cacheFolder: engine.cacheFolder,
    labels: labelsByPlatform[spec.platforms[0] ?? ""] ?? {},
    labelsByPlatform,
    env: spec.part === "system" ? {} : imageEnv(spec),
  };
}

function labelsFor(spec: ResolvedImageSpec, platform: string): Readonly<Record<string, string>> {
  // Those of the platform by itself: its image is the same whichever set of platforms it is built for.
  const { fieldFingerprints } = spec.platforms.length === 1 ? spec : platformSpec(spec, platform);
  const fields = Object.entries(fieldFingerprints).map(([field, hash]) => [field, hash.slice(0, 8)]);
  return {
    [imageKeys.contract]: String(spec.contract),
    [imageKeys.fields]: JSON.stringify(Object.fromEntries(fields)),
    [imageKeys.fingerprint]: spec.platformFingerprints[platform] ?? spec.fingerprint,
  };
}

function imageEnv(spec: ResolvedImageSpec): Readonly<Record<string, string>> {
  return {
    IMAGESPEC_ID: spec.id,
    ...(spec.runtimePackages.length === 0 ? {} : { IMAGESPEC_RUNTIME_PACKAGES: JSON.stringify(spec.runtimePackages) }),
  };
}
