import { ImageSpecError } from "@imagespec/errors";
import { type Digest, digestOf } from "./digest.ts";

/**
 * The identity of a stack of layers: the diffID of a single one, else sha256 of the chainID below, a space and the diffID on top.
 *
 * @throws `MANIFEST_INVALID` for no layers at all
 * @see https://github.com/opencontainers/image-spec/blob/main/config.md#layer-chainid
 */
export function chainId(diffIds: readonly Digest[]): Digest {
  const [first, ...rest] = diffIds;
  if (first === undefined)
    throw new ImageSpecError("MANIFEST_INVALID", "an image without layers has no chainID", {
      hint: "pass at least one diffID",
    });
  return rest.reduce<Digest>((below, diffId) => digestOf(`${below} ${diffId}`), first);
}
