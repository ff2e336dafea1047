import { lockBase } from "@imagespec/assembler";
import { readManifestBytes } from "@imagespec/assembler/parts";
import type { BaseImage, BuildRequest, ResolvedImageSpec } from "@imagespec/core";
import { type BaseFacts, cudaImage, type DockerfileInput, pythonPath } from "@imagespec/dockerfile";
import { ImageSpecError } from "@imagespec/errors";
import { type ContentStore, openKeyIndex } from "@imagespec/image-store";
import {
  type ImageConfig,
  type ImageManifest,
  maxManifestSize,
  parseImageConfig,
  parseImageManifest,
} from "@imagespec/oci";
import { storedFirst } from "./stored-first.ts";

/** A base with what a Dockerfile has to know of it. */
export type CloudBase = NonNullable<DockerfileInput["base"]> & { readonly layers: number };

type BaseRequest = Pick<BuildRequest, "base" | "registryClient" | "store" | "cacheFolder" | "signal">;

/**
 * Looks at the base of a spec of one platform by reading its layers, once for each base: no machine of the cloud has to be started for
 * that. Nothing for an empty base. `folder` keeps what was found.
 *
 * @throws BASE_UNSUPPORTED for one that the cloud cannot pull, BASE_NOT_FOUND, REGISTRY_…
 */
export async function lookAtBase(
  spec: ResolvedImageSpec,
  request: BaseRequest,
  options: {
    readonly folder: string;
    /** Where the build pulls it, when that is elsewhere: of `docker.io`, say, from a mirror. */
    readonly mirrors?: Readonly<Record<string, string>>;
  },
): Promise<CloudBase | undefined> {
  if (spec.resolvedBase.kind === "scratch") return undefined;
  const image = (await cudaImage(spec, request)) ?? (await request.base());
  if (image === undefined) throw new ImageSpecError("INTERNAL", "the engine gave no base image");
  const { content } = request.store;
  const { signal } = request;
  const manifest = parseImageManifest(await readManifestBytes(image, { content, signal }));
  const config = parseImageConfig(await configOf(image, manifest, content, signal));
  const index = await openKeyIndex(`${options.folder}/bases`, { parse: parseFacts });
  const key = `facts-1 ${image.manifest.digest}`;
  let facts = await index.get(key);
  if (facts === undefined) {
    facts = await readFacts(spec, image, { manifest, config }, request);
    await index.set(key, facts);
  }
  return {
    reference: pullReference(image, options.mirrors ?? {}),
    config: config.config ?? {},
    facts,
    layers: manifest.layers.length,
  };
}

async function readFacts(
  spec: ResolvedImageSpec,
  image: BaseImage,
  parts: { readonly manifest: ImageManifest; readonly config: ImageConfig },
  { registryClient, store, cacheFolder, signal }: BaseRequest,
): Promise<BaseFacts> {
  // Reading what is installed brings the layers into the store: the interpreter is then looked for there.
  const kept: BaseImage = { ...image, source: storedFirst(image.source, store.content) };
  const locked = await lockBase(spec, {
    base: async () => kept,
    previous: undefined,
    upgrade: false,
    registryClient,
    store,
    cacheFolder,
    signal,
  });
  const minor = locked.python?.split(".").slice(0, 2).join(".");
  const place = minor === undefined ? undefined : await pythonPath(kept, parts, { minor, signal });
  return {
    python: place === undefined || locked.python === undefined ? undefined : { path: place, version: locked.python },
    libc: locked.libc,
    distributions: locked.distributions,
    pythonDistributions: {},
  };
}

async function configOf(
  image: BaseImage,
  { config }: ImageManifest,
  content: ContentStore,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if ((await content.stat(config.digest))?.size !== config.size) {
    const stream = await image.source.openBlob(config, { signal });
    await content.write(stream, { expected: config.digest, size: config.size, signal });
  }
  return content.read(config.digest, { maxSize: maxManifestSize });
}

/** By digest, where the machine of the cloud pulls it. */
function pullReference(image: BaseImage, mirrors: Readonly<Record<string, string>>): string {
  const { repository } = image;
  if (repository === undefined) {
    const message = `the base "${image.reference}" is on this machine, where the cloud cannot reach it`;
    const hint = "push the base to a registry that the cloud reaches, and name it in baseImage";
    throw new ImageSpecError("BASE_UNSUPPORTED", message, {
      hint,
      problems: [{ code: "BASE_UNSUPPORTED", path: "baseImage", message, hint }],
    });
  }
  const host = mirrors[repository.registry] ?? repository.registry;
  return `${host}/${repository.repository}@${image.manifest.digest}`;
}

function parseFacts(value: unknown): BaseFacts | undefined {
  // Written by this version of the package: the key names the form.
  return typeof value === "object" && value !== null && "distributions" in value ? (value as BaseFacts) : undefined;
}
