import { ImageSpecError } from "@imagespec/errors";
import { type Descriptor, isForeignLayer, layerCompression, mediaTypes } from "@imagespec/oci";

const plain = { none: mediaTypes.ociLayer, gzip: mediaTypes.ociLayerGzip, zstd: mediaTypes.ociLayerZstd } as const;
const foreign = {
  none: mediaTypes.ociNondistributableLayer,
  gzip: mediaTypes.ociNondistributableLayerGzip,
  zstd: mediaTypes.ociNondistributableLayerZstd,
} as const;

/** The descriptor of a base's layer in an OCI manifest: the content stays, Docker's media type becomes OCI's. @throws BASE_UNSUPPORTED */
export function inheritedLayer({ mediaType, digest, size, urls, annotations }: Descriptor): Descriptor {
  const compression = layerCompression(mediaType);
  if (compression === undefined) {
    throw new ImageSpecError("BASE_UNSUPPORTED", `the base image has a layer of the type "${mediaType}"`, {
      hint: "choose a container image as base",
    });
  }
  return {
    mediaType: (isForeignLayer(mediaType) ? foreign : plain)[compression],
    digest,
    size,
    ...(urls === undefined ? {} : { urls }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}
