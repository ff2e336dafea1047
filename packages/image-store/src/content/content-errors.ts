import { ImageSpecError } from "@imagespec/errors";
import type { Digest } from "@imagespec/oci";

/** The error for a file whose content is not what its name states. */
export function corruptContent(path: string, digest: Digest, reason: string): ImageSpecError {
  return new ImageSpecError("STORE_CORRUPT", `"${path}" does not hold the content "${digest}": ${reason}`, {
    hint: "Run `imagespec cache verify`, or delete the file; it is fetched or made anew when needed",
    details: { path, digest },
  });
}

/** The error for content that is asked for and not there. */
export function missingContent(digest: Digest, place: string): ImageSpecError {
  return new ImageSpecError("IMAGE_NOT_FOUND", `there is no content "${digest}" in "${place}"`, {
    hint: "Build or copy the image again",
    details: { digest, place },
  });
}
