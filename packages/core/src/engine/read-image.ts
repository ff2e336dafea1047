import { ImageSpecError } from "@imagespec/errors";
import {
  type Descriptor,
  formatPlatform,
  type ImageConfig,
  type ImageSource,
  maxManifestSize,
  normalizePlatform,
  parseImageConfig,
  parseImageManifest,
  platformOfConfig,
  type StoredManifest,
} from "@imagespec/oci";

/** What an image of one platform says about itself. */
export interface ImageFacts {
  readonly image: StoredManifest;
  /** Canonical. */
  readonly platform: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly layers: readonly Descriptor[];
  readonly config: ImageConfig;
}

/** Reads the config that belongs to a manifest. @throws MANIFEST_INVALID, DIGEST_MISMATCH, and what the source throws */
export async function readImageFacts(
  source: ImageSource,
  image: StoredManifest,
  signal: AbortSignal,
): Promise<ImageFacts> {
  const manifest = parseImageManifest(image.bytes);
  const config = await readConfig(source, manifest.config, signal);
  return {
    image,
    platform: platformText(platformOfConfig(config)),
    labels: config.config?.Labels ?? {},
    layers: manifest.layers,
    config,
  };
}

/** The canonical text of a platform. */
export function platformText(platform: Parameters<typeof normalizePlatform>[0]): string {
  const { os, architecture, variant } = normalizePlatform(platform);
  return formatPlatform({ os, architecture, ...(variant === undefined ? {} : { variant }) });
}

async function readConfig(source: ImageSource, descriptor: Descriptor, signal: AbortSignal): Promise<ImageConfig> {
  if (descriptor.size > maxManifestSize) {
    throw new ImageSpecError(
      "MANIFEST_INVALID",
      `the image config "${descriptor.digest}" has ${descriptor.size} bytes`,
      {
        hint: `use an image whose config has at most ${maxManifestSize} bytes`,
      },
    );
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of await source.openBlob(descriptor, { signal })) chunks.push(chunk);
  return parseImageConfig(Buffer.concat(chunks));
}
