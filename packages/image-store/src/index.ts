export { decompress } from "./compression/decompress.ts";
export type {
  ContentStore,
  OpenContentOptions,
  StoredContent,
  WriteContentOptions,
} from "./content/content-store.ts";
export { openContentStore } from "./content/open-content-store.ts";
export { defaultCacheFolder } from "./detect.ts";
export type { TemporaryFile } from "./disk/partial-folder.ts";
export type { KeyIndex } from "./keys/key-index.ts";
export { openKeyIndex } from "./keys/key-index.ts";
export type { FileLockOptions } from "./lock/with-file-lock.ts";
export { withFileLock } from "./lock/with-file-lock.ts";
export { readTar } from "./tar/read-tar.ts";
export type { TarEntry, TarEntryType, TarHeader } from "./tar/tar-entry.ts";
export { tarHeader, tarPadding, tarTrailer } from "./tar/tar-header.ts";
