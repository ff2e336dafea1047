import type { BaseImage } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import type { ContentStore } from "@imagespec/image-store";
import {
  type ImageConfig,
  type ImageManifest,
  isLoopbackRegistry,
  maxManifestSize,
  parseImageConfig,
  parseImageManifest,
  type StoredManifest,
} from "@imagespec/oci";
import type { BuildkitDaemon } from "../daemon/daemon.ts";
import { sharesLoopback } from "./daemon-place.ts";
import { type Relay, startRelay } from "./relay/relay.ts";
import { servedImage } from "./relay/served-image.ts";

/** A base that the daemon can pull. */
export interface OpenedBase extends AsyncDisposable {
  readonly image: BaseImage;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  /** As it stands in the Dockerfile, by digest. */
  readonly reference: string;
  /** Whether this process hands it to the daemon. */
  readonly isServed: boolean;
}

interface OpenBaseOptions {
  readonly store: { readonly content: ContentStore };
  readonly daemon: Pick<BuildkitDaemon, "kind" | "address">;
  /** Hands the base out from here although it is in a registry that the daemon may reach. @default false */
  readonly serve?: boolean;
  readonly signal: AbortSignal;
}

/**
 * Reads a base's manifest and config, and finds the name under which the daemon can pull it: its own where it is in a registry that the
 * daemon reaches; else one of a registry on loopback that this process serves while the build lasts.
 *
 * @throws BASE_NOT_FOUND, ENGINE_UNSUPPORTED when the daemon is elsewhere and the base here, REGISTRY_…
 */
export async function openBase(image: BaseImage, options: OpenBaseOptions): Promise<OpenedBase> {
  const stored = await readManifest(image, options);
  const manifest = parseImageManifest(stored.bytes);
  const config = parseImageConfig(await readConfig(image, manifest, options));
  const { repository } = image;
  const isNear = sharesLoopback(options.daemon);
  const isReachable = repository !== undefined && (isNear || !isLoopbackRegistry(repository.registry));
  if (isReachable && options.serve !== true) {
    const reference = `${repository.registry}/${repository.repository}@${image.manifest.digest}`;
    return { image, manifest, config, reference, isServed: false, [Symbol.asyncDispose]: async () => undefined };
  }
  if (!isNear) throw outOfReach(image, options.daemon.address);
  const relay: Relay = await startRelay(servedImage(image, stored, options.signal));
  return {
    image,
    manifest,
    config,
    reference: `${relay.name}@${image.manifest.digest}`,
    isServed: true,
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  };
}

async function readManifest(image: BaseImage, { store, signal }: OpenBaseOptions): Promise<StoredManifest> {
  const { content } = store;
  const { digest, mediaType, size } = image.manifest;
  if ((await content.stat(digest))?.size === size) {
    return { descriptor: { mediaType, digest, size }, bytes: await content.read(digest, { maxSize: maxManifestSize }) };
  }
  const stored = await image.source.readManifest({ digest }, { signal });
  if (stored === undefined) {
    throw new ImageSpecError("BASE_NOT_FOUND", `the base image "${image.reference}" has no manifest "${digest}"`, {
      hint: "pull or build the base again",
      details: { reference: image.reference, digest },
    });
  }
  await content.write(stored.bytes, { expected: digest });
  return stored;
}

async function readConfig(
  image: BaseImage,
  { config }: ImageManifest,
  { store: { content }, signal }: OpenBaseOptions,
): Promise<Uint8Array> {
  if ((await content.stat(config.digest))?.size !== config.size) {
    const stream = await image.source.openBlob(config, { signal });
    await content.write(stream, { expected: config.digest, size: config.size, signal });
  }
  return content.read(config.digest, { maxSize: maxManifestSize });
}

function outOfReach({ reference }: BaseImage, address: string): ImageSpecError {
  return new ImageSpecError(
    "ENGINE_UNSUPPORTED",
    `the base "${reference}" is on this machine, and the daemon at "${address}" cannot reach it`,
    {
      hint: "push the base to a registry that the daemon reaches: give the spec a registry, or name another base",
      problems: [
        {
          code: "ENGINE_UNSUPPORTED",
          path: "baseImage",
          message: `the daemon at "${address}" cannot reach "${reference}"`,
        },
      ],
      details: { reference, host: address },
    },
  );
}
