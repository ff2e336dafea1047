export { assembleImage } from "./build/assemble-image.ts";
export type { AssembleOptions } from "./build/assemble-options.ts";
export { needsPython } from "./build/choose-python.ts";
export { lockBase } from "./build/lock-base.ts";
export type {
  DebianArchitecture,
  DebianArchive,
  DebianArea,
  DebianEnvironment,
  DebianFetcher,
  DebianFetcherOptions,
  DebianLayer,
  DebianLock,
  DebianLockIndex,
  DebianLockPackage,
  DebianProgress,
  DebianReport,
  DebianRequest,
  DebianSet,
  DebianSuite,
} from "./debian/index.ts";
export {
  buildDebianLayer,
  createDebianFetcher,
  defaultDebianArchive,
  parseDebianLock,
  resolveDebian,
} from "./debian/index.ts";
export { gzipMembersEncoder } from "./layer/gzip-members-encoder.ts";
export type { EncodedLayer, LayerEncoder } from "./layer/layer-encoder.ts";
export type { ContentCheck, DeflatedContent, LayerContent, LayerEntry } from "./layer/layer-entry.ts";
export { LayerTree } from "./layer/layer-tree.ts";
export type { TarPiece } from "./layer/tar-pieces.ts";
export { tarPieces } from "./layer/tar-pieces.ts";
export type { WrittenLayer } from "./layer/write-layer.ts";
export { writeLayer } from "./layer/write-layer.ts";
export type { FolderAttributes, FolderFacts } from "./placement/placement.ts";
export { Placement } from "./placement/placement.ts";
