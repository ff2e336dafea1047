import { type Digest, digestAlgorithm, digestHex } from "@imagespec/oci";

/** The tag whose index lists what refers to a manifest (distribution-spec, "Referrers Tag Schema"). */
export function fallbackTag(digest: Digest): string {
  return `${digestAlgorithm(digest)}-${digestHex(digest).slice(0, 64)}`;
}
