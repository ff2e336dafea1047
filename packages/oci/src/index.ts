export { annotationKeys } from "./annotation-keys.ts";
export type {
  BlobContent,
  BlobSource,
  ContentOptions,
  ImageSink,
  ImageSource,
  ManifestSource,
  StoredManifest,
  WriteBlobOptions,
  WriteManifestOptions,
  WrittenBlob,
} from "./content.ts";
export { chainId } from "./digest/chain-id.ts";
export type { Digest, DigestAlgorithm } from "./digest/digest.ts";
export { digestAlgorithm, digestHex, digestOf, isDigest, parseDigest } from "./digest/digest.ts";
export type { DigestVerifier } from "./digest/digester.ts";
export { createDigester } from "./digest/digester.ts";
export type { Descriptor } from "./manifest/descriptor.ts";
export { descriptorOf, parseDescriptor } from "./manifest/descriptor.ts";
export type { EncodedDocument } from "./manifest/encode.ts";
export { encodeConfig, encodeManifest } from "./manifest/encode.ts";
export type { ContainerConfig, HistoryEntry, ImageConfig } from "./manifest/image-config.ts";
export { parseImageConfig, platformOfConfig } from "./manifest/image-config.ts";
export type { ImageIndex, ImageManifest } from "./manifest/manifest.ts";
export { isImageIndex, parseImageIndex, parseImageManifest, parseManifest } from "./manifest/manifest.ts";
export { maxManifestSize } from "./manifest/parse-json.ts";
export type { LayerCompression } from "./media-types.ts";
export { isForeignLayer, isIndexMediaType, isManifestMediaType, layerCompression, mediaTypes } from "./media-types.ts";
export { comparePlatforms, matchesPlatform, selectPlatform } from "./platform/match-platform.ts";
export type { Platform } from "./platform/platform.ts";
export { formatPlatform, normalizePlatform, parsePlatform } from "./platform/platform.ts";
export { isRepository, isTag } from "./reference/grammar.ts";
export type { ImageReference } from "./reference/image-reference.ts";
export {
  familiarImageReference,
  formatImageReference,
  parseImageReference,
  withDigest,
  withTag,
} from "./reference/image-reference.ts";
export { isLoopbackRegistry, parseRegistry, registryHost } from "./reference/registry.ts";
