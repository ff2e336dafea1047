import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import {
  type Descriptor,
  descriptorOf,
  formatPlatform,
  type ImageManifest,
  type ImageSink,
  type ImageSource,
  isImageIndex,
  type Platform,
  parseManifest,
  platformOfConfig,
  type StoredManifest,
} from "@imagespec/oci";
import { copyImage } from "@imagespec/registry-client";
import { formatPlace, type ImagePlace } from "./image-place.ts";
import { readConfig } from "./read-config.ts";

/** What a copy of an image consists of. */
export interface ImageSurvey {
  /** Of the manifest or index that the copy has. */
  readonly descriptor: Descriptor;
  readonly manifests: readonly StoredManifest[];
  readonly platforms: readonly string[];
  readonly layers: { readonly total: number /** Compressed, with the configs. */; readonly size: number };
}

/** The image of a survey. */
interface Surveyed {
  readonly source: ImageSource;
  readonly root: StoredManifest;
  /** For messages. */
  readonly place?: ImagePlace;
}

/** Reads the manifests of an image, narrowed to platforms, and no blob but a config. @throws what {@link copyImage} throws */
export async function surveyImage(
  { source, root, place }: Surveyed,
  platforms: readonly Platform[] | undefined,
  signal: AbortSignal,
): Promise<ImageSurvey> {
  const manifests: StoredManifest[] = [];
  // A copy to nowhere: it walks the same tree, and narrows it the same way, as the copy that follows.
  const nowhere: ImageSink = {
    writeBlob: async () => ({ action: "exists" }),
    writeManifest: async (bytes, mediaType) => {
      const descriptor = descriptorOf(bytes, mediaType);
      manifests.push({ bytes, descriptor });
      return descriptor;
    },
  };
  const { descriptor } = await copyImage(source, root.descriptor, nowhere, { platforms, signal }).catch((error) => {
    throw named(error, place);
  });
  const images = manifests.flatMap(({ bytes }) => {
    const manifest = parseManifest(bytes);
    return isImageIndex(manifest) ? [] : [manifest];
  });
  const blobs = new Map(images.flatMap(({ config, layers }) => [config, ...layers]).map((blob) => [blob.digest, blob]));
  return {
    descriptor,
    manifests,
    platforms: await platformsOf(source, images, signal),
    layers: {
      total: new Set(images.flatMap(({ layers }) => layers.map((layer) => layer.digest))).size,
      size: [...blobs.values()].reduce((sum, { size }) => sum + size, 0),
    },
  };
}

async function platformsOf(
  source: ImageSource,
  images: readonly ImageManifest[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const configs = await Promise.all(images.map((image) => readConfig(source, image, signal)));
  const platforms = configs.flatMap((config) => (config === undefined ? [] : formatPlatform(platformOfConfig(config))));
  // What BuildKit attests about an image is listed beside it, as one for no platform.
  return [...new Set(platforms)].filter((platform) => !platform.startsWith("unknown")).sort();
}

/** The copy knows an image by its digest, the user by what was written. */
function named(error: unknown, place: ImagePlace | undefined): unknown {
  if (!isImageSpecError(error, "IMAGE_NOT_FOUND") || place === undefined) return error;
  const { platform } = error.details;
  if (typeof platform !== "string") return error;
  return new ImageSpecError(error.code, `"${formatPlace(place)}" has no image for platform "${platform}"`, {
    hint: error.hint ?? "leave out --platform",
    details: { ...error.details, reference: formatPlace(place) },
  });
}
