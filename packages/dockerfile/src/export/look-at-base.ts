import type { BaseImage, ImageSpecBuilder, LockedBase, LockRequest, ResolvedImageSpec } from "@imagespec/core";
import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import {
  type Digest,
  type ImageConfig,
  isImageIndex,
  parseImageConfig,
  parseImageManifest,
  parseImageReference,
  parsePlatform,
  selectPlatform,
} from "@imagespec/oci";
import { cudaBase } from "../plan/cuda-base.ts";
import type { PlanBase } from "../plan/plan-base.ts";
import { specProblem } from "../plan/spec-problem.ts";
import { pythonPath } from "./python-path.ts";

/** What looking at a base needs beside the spec. */
export interface BaseLook extends Omit<LockRequest, "base" | "previous" | "upgrade" | "store"> {
  /** The first that can look at bases does. */
  readonly builders: readonly ImageSpecBuilder[];
  readonly store: () => Promise<LockRequest["store"]>;
}

/**
 * The base of a spec of one platform, read from its registry without running anything; nothing for `scratch`.
 *
 * @throws BASE_UNSUPPORTED for bases that are made and not named; NO_BUILDER, BASE_NOT_FOUND, REGISTRY_…
 */
export async function lookAtBase(spec: ResolvedImageSpec, look: BaseLook): Promise<PlanBase | undefined> {
  const named = namedBase(spec);
  if (named === undefined) return undefined;
  const { registryClient, cacheFolder, signal } = look;
  const image = await openBase(named.reference, named.digest, spec.platforms[0] ?? "", look);
  const stored = await image.source.readManifest({ digest: image.manifest.digest }, { signal });
  if (stored === undefined) throw notFound(named.reference, undefined);
  const manifest = parseImageManifest(stored.bytes, stored.descriptor.mediaType);
  const config = parseImageConfig(await bytesOf(image, manifest.config, signal));
  const builder = look.builders.find(({ lockBase }) => lockBase !== undefined);
  const locked = await builder?.lockBase?.(spec, {
    base: async () => image,
    previous: undefined,
    upgrade: false,
    registryClient,
    store: await look.store(),
    cacheFolder,
    signal,
  });
  if (locked === undefined) {
    throw new ImageSpecError("NO_BUILDER", "no builder can say what a base image consists of", {
      hint: "install @imagespec/builder-assemble",
    });
  }
  const python = await findPython(spec, image, { config, manifest, locked, signal });
  return {
    reference: named.reference,
    config: config.config ?? {},
    facts: { python, libc: locked.libc, distributions: locked.distributions, pythonDistributions: {} },
  };
}

/** By its name, so that whoever builds the Dockerfile gets it from where they get images. */
function namedBase(
  spec: ResolvedImageSpec,
): { readonly reference: string; readonly digest: Digest | undefined } | undefined {
  const base = spec.resolvedBase;
  const cuda = cudaBase(spec);
  if (cuda !== undefined) return { reference: cuda.reference, digest: undefined };
  if (base.kind === "scratch") return undefined;
  if (base.kind === "reference") {
    const isPinned = base.digest !== undefined && parseImageReference(base.reference).digest === undefined;
    return { reference: isPinned ? `${base.reference}@${base.digest}` : base.reference, digest: base.digest };
  }
  const { name, registry, tag } =
    base.kind === "image" ? base.image : { name: undefined, registry: undefined, tag: "" };
  if (name !== undefined && registry !== undefined)
    return { reference: `${registry}/${name}:${tag}`, digest: undefined };
  throw specProblem(
    "BASE_UNSUPPORTED",
    "baseImage",
    "a Dockerfile can only stand on an image that has a name in a registry",
    "push the base, and name it in baseImage",
  );
}

async function openBase(
  reference: string,
  pinned: Digest | undefined,
  platform: string,
  { registryClient, signal }: BaseLook,
): Promise<BaseImage> {
  const { registry, repository, tag, digest = pinned } = parseImageReference(reference);
  const source = registryClient.repository({ registry, repository });
  try {
    const { descriptor, manifest } = await source.getManifest(
      digest === undefined ? { tag: tag ?? "latest" } : { digest },
      { signal },
    );
    const found = isImageIndex(manifest) ? selectPlatform(manifest.manifests, parsePlatform(platform)) : descriptor;
    if (found === undefined) throw notFound(reference, platform);
    return { source, manifest: found, repository: { registry, repository }, reference };
  } catch (cause) {
    if (!isImageSpecError(cause, "REGISTRY_NOT_FOUND")) throw cause;
    throw notFound(reference, undefined, cause);
  }
}

function notFound(reference: string, platform: string | undefined, cause?: unknown): ImageSpecError {
  const what = platform === undefined ? "does not exist" : `has no platform "${platform}"`;
  return new ImageSpecError("BASE_NOT_FOUND", `the base image "${reference}" ${what}`, {
    hint: "correct baseImage; private images are also reported as missing when you are not logged in",
    details: { reference },
    cause,
  });
}

async function bytesOf(
  image: BaseImage,
  descriptor: { readonly digest: Digest; readonly size: number },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await image.source.openBlob(descriptor, { signal })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function findPython(
  spec: Pick<ResolvedImageSpec, "pythonExec" | "pythonVersion">,
  image: BaseImage,
  parts: {
    readonly config: ImageConfig;
    readonly manifest: ReturnType<typeof parseImageManifest>;
    readonly locked: LockedBase;
    readonly signal: AbortSignal;
  },
): Promise<PlanBase["facts"]["python"]> {
  const version = parts.locked.python;
  if (spec.pythonExec !== undefined) {
    // Which one it is shows only where it is run.
    const stated = spec.pythonVersion ?? version;
    return stated === undefined ? undefined : { path: spec.pythonExec, version: stated };
  }
  if (version === undefined) return undefined;
  const minor = version.split(".").slice(0, 2).join(".");
  const path = await pythonPath(image, parts, { minor, signal: parts.signal });
  return path === undefined ? undefined : { path, version };
}
