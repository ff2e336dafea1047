/** The media types of manifests, indexes, configs and layers, of OCI and of Docker. */
export const mediaTypes = {
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  ociLayer: "application/vnd.oci.image.layer.v1.tar",
  ociLayerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  ociLayerZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
  ociNondistributableLayer: "application/vnd.oci.image.layer.nondistributable.v1.tar",
  ociNondistributableLayerGzip: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
  ociNondistributableLayerZstd: "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
  ociEmpty: "application/vnd.oci.empty.v1+json",
  ociLayoutHeader: "application/vnd.oci.layout.header.v1+json",
  /** Was in release candidates of the image specification 1.1 only. */
  ociArtifactManifest: "application/vnd.oci.artifact.manifest.v1+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerManifestList: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  dockerLayer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  dockerLayerUncompressed: "application/vnd.docker.image.rootfs.diff.tar",
  dockerLayerZstd: "application/vnd.docker.image.rootfs.diff.tar.zstd",
  dockerForeignLayer: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
  dockerForeignLayerUncompressed: "application/vnd.docker.image.rootfs.foreign.diff.tar",
  dockerSchema1Manifest: "application/vnd.docker.distribution.manifest.v1+json",
  dockerSchema1SignedManifest: "application/vnd.docker.distribution.manifest.v1+prettyjws",
  octetStream: "application/octet-stream",
} as const;

/** How a layer's tar is compressed. */
export type LayerCompression = "none" | "gzip" | "zstd";

const compressions: ReadonlyMap<string, LayerCompression> = new Map([
  [mediaTypes.ociLayer, "none"],
  [mediaTypes.ociLayerGzip, "gzip"],
  [mediaTypes.ociLayerZstd, "zstd"],
  [mediaTypes.ociNondistributableLayer, "none"],
  [mediaTypes.ociNondistributableLayerGzip, "gzip"],
  [mediaTypes.ociNondistributableLayerZstd, "zstd"],
  [mediaTypes.dockerLayer, "gzip"],
  [mediaTypes.dockerLayerUncompressed, "none"],
  [mediaTypes.dockerLayerZstd, "zstd"],
  [mediaTypes.dockerForeignLayer, "gzip"],
  [mediaTypes.dockerForeignLayerUncompressed, "none"],
]);

const foreign: ReadonlySet<string> = new Set([
  mediaTypes.ociNondistributableLayer,
  mediaTypes.ociNondistributableLayerGzip,
  mediaTypes.ociNondistributableLayerZstd,
  mediaTypes.dockerForeignLayer,
  mediaTypes.dockerForeignLayerUncompressed,
]);

/** The compression that a layer's media type states; nothing for a type that is not a tar layer. */
export function layerCompression(mediaType: string): LayerCompression | undefined {
  return compressions.get(mediaType);
}

/** Whether a media type is that of an image manifest (one platform), OCI or Docker. */
export function isManifestMediaType(mediaType: string): boolean {
  return mediaType === mediaTypes.ociManifest || mediaType === mediaTypes.dockerManifest;
}

/** Whether a media type is that of an image index or Docker manifest list. */
export function isIndexMediaType(mediaType: string): boolean {
  return mediaType === mediaTypes.ociIndex || mediaType === mediaTypes.dockerManifestList;
}

/** Whether a layer is one that registries may lack, because its licence forbids copying it. */
export function isForeignLayer(mediaType: string): boolean {
  return foreign.has(mediaType);
}
