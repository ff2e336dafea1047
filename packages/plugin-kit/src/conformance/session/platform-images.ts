import {
  formatPlatform,
  type ImageSource,
  isImageIndex,
  normalizePlatform,
  parseDigest,
  parseManifest,
} from "@imagespec/oci";
import { readImage } from "../../contents/read-image.ts";
import { checkImageContract } from "../../contract/check-image-contract.ts";
import { validateImage } from "../../validate/validate-image.ts";

/** What is wrong with the image of each platform of an index; with the index itself under the name `index`. */
export async function platformFindings(
  source: ImageSource,
  digest: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const reference = { digest: parseDigest(digest) };
  const sound = await validateImage(source, reference);
  const found = new Map([["index", sound.map(({ rule, message }) => `${rule}: ${message}`)]]);
  const stored = await source.readManifest(reference);
  const manifest = stored === undefined ? undefined : parseManifest(stored.bytes, stored.descriptor.mediaType);
  if (manifest === undefined || !isImageIndex(manifest)) return found;
  for (const { platform } of manifest.manifests) {
    if (platform === undefined) continue;
    const { config } = await readImage(source, reference, platform);
    const violations = await checkImageContract(source, reference, { platform });
    const name = formatPlatform(normalizePlatform({ os: config.os, architecture: config.architecture }));
    found.set(
      name,
      violations.map(({ rule, message }) => `${rule}: ${message}`),
    );
  }
  return found;
}
