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
