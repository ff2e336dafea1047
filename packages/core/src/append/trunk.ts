import { type Digest, parseImageManifest } from "@imagespec/oci";
import type { ImageFacts } from "../engine/read-image.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import { type TrunkImage, whyNoTrunk } from "./appended-image.ts";
import { type UserIds, userIds } from "./user-ids.ts";

/** An image of a spec without its source, for one platform, to which the source can be appended. */
export interface Trunk extends TrunkImage {
  readonly digest: Digest;
  /** For people. */
  readonly reference: string;
  readonly fingerprint: string;
  /** To whom the source belongs. */
  readonly owner: UserIds;
}

/** What is needed of the image of a trunk; a text says why nothing can be appended to it, and follows "because". */
export function trunkOf(
  { image, config }: ImageFacts,
  { workdir }: Pick<ResolvedImageSpec, "workdir">,
  { reference, fingerprint }: Pick<Trunk, "reference" | "fingerprint">,
): Trunk | string {
  const manifest = parseImageManifest(image.bytes);
  const why = whyNoTrunk({ manifest, config }, workdir);
  if (why !== undefined) return why;
  const user = config.config?.User ?? "";
  const owner = userIds(user);
  if (owner === undefined) return `the ids of its user "${user}" are not known`;
  return { manifest, config, digest: image.descriptor.digest, reference, fingerprint, owner };
}
