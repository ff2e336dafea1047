import { ImageSpecError } from "@imagespec/errors";
import {
  type Descriptor,
  type Digest,
  formatPlatform,
  type ImageConfig,
  type ImageManifest,
  type ImageSource,
  isImageIndex,
  matchesPlatform,
  maxManifestSize,
  type Platform,
  parseImageConfig,
  parseManifest,
  platformOfConfig,
  type StoredManifest,
  selectPlatform,
} from "@imagespec/oci";

const maxIndexDepth = 4;

/** One image of one platform. */
export interface SelectedImage {
  readonly stored: StoredManifest;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  readonly configBytes: Uint8Array;
}

interface Options {
  readonly platform?: Platform;
  readonly signal?: AbortSignal;
}

function notFound(digest: Digest, wanted: Platform | undefined, offered: readonly Descriptor[]): ImageSpecError {
  const platforms = offered.map(({ platform }) => (platform === undefined ? "unknown" : formatPlatform(platform)));
  const message =
    wanted === undefined
      ? `"${digest}" holds images of several platforms and none was named`
      : `"${digest}" has no image for the platform "${formatPlatform(wanted)}"`;
  return new ImageSpecError("IMAGE_NOT_FOUND", message, {
    hint: `Choose one of the platforms it has: ${platforms.join(", ")}`,
    details: { digest, platforms },
  });
}

/** Attestations are entries of an index that are no images; BuildKit gives them the platform unknown/unknown. */
function isImageEntry({ platform }: Descriptor): boolean {
  return platform?.os !== "unknown" && platform?.architecture !== "unknown";
}

function choose(digest: Digest, manifests: readonly Descriptor[], wanted: Platform | undefined): Descriptor {
  const images = manifests.filter(isImageEntry);
  const chosen = wanted === undefined ? images.slice(0, 1) : [selectPlatform(images, wanted)];
  const [only] = chosen;
  if (only === undefined || (wanted === undefined && images.length > 1)) throw notFound(digest, wanted, images);
  return only;
}

/** Reads a blob whole that is small by its nature. @throws MANIFEST_INVALID when it is not */
async function readSmallBlob(source: ImageSource, descriptor: Descriptor, signal?: AbortSignal): Promise<Uint8Array> {
  if (descriptor.size > maxManifestSize)
    throw new ImageSpecError("MANIFEST_INVALID", `the config "${descriptor.digest}" has ${descriptor.size} bytes`, {
      hint: `Check where the image comes from: configs over ${maxManifestSize} bytes are refused`,
      details: { digest: descriptor.digest },
    });
  const chunks: Uint8Array[] = [];
  for await (const chunk of await source.openBlob(descriptor, { signal })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * Finds the image of a platform under a digest, through indexes, and reads its config.
 *
 * @throws IMAGE_NOT_FOUND, MANIFEST_INVALID
 */
export async function selectImage(source: ImageSource, digest: Digest, options: Options = {}): Promise<SelectedImage> {
  const { platform, signal } = options;
  let wanted = digest;
  for (let depth = 0; depth <= maxIndexDepth; depth++) {
    const stored = await source.readManifest({ digest: wanted }, { signal });
    if (stored === undefined)
      throw new ImageSpecError("IMAGE_NOT_FOUND", `there is no manifest "${wanted}"`, {
        hint: "Build or copy the image again, for this platform",
        details: { digest: wanted },
      });
    const manifest = parseManifest(stored.bytes, stored.descriptor.mediaType);
    if (isImageIndex(manifest)) {
      wanted = choose(wanted, manifest.manifests, platform).digest;
      continue;
    }
    const configBytes = await readSmallBlob(source, manifest.config, signal);
    const config = parseImageConfig(configBytes);
    const offered = platformOfConfig(config);
    if (platform !== undefined && !matchesPlatform(platform, offered))
      throw notFound(wanted, platform, [{ ...stored.descriptor, platform: offered }]);
    return { stored, manifest, config, configBytes };
  }
  throw new ImageSpecError("MANIFEST_INVALID", `"${digest}" nests indexes more than ${maxIndexDepth} deep`, {
    hint: "Name the digest of the image itself",
    details: { digest },
  });
}
