export type { DockerArchiveOptions } from "./archive/docker-archive-plan.ts";
export { dockerArchiveStream } from "./archive/docker-archive-stream.ts";
export type { DockerArchive } from "./archive/read-docker-archive.ts";
export { readDockerArchive } from "./archive/read-docker-archive.ts";
export type { WritableSink, WrittenArchive } from "./archive/write-docker-archive.ts";
export { writeDockerArchive } from "./archive/write-docker-archive.ts";
export { decompress } from "./compression/decompress.ts";
export type {
  ContentStore,
  OpenContentOptions,
  StoredContent,
  WriteContentOptions,
} from "./content/content-store.ts";
export type { DamagedContent } from "./content/find-damaged-content.ts";
export { findDamagedContent } from "./content/find-damaged-content.ts";
export { openContentStore } from "./content/open-content-store.ts";
export { defaultCacheFolder } from "./detect.ts";
export { onDisk } from "./disk/on-disk.ts";
export type { TemporaryFile } from "./disk/partial-folder.ts";
export type { KeyIndex } from "./keys/key-index.ts";
export { openKeyIndex } from "./keys/key-index.ts";
export type { NamedDescriptor, OciLayout } from "./layout/oci-layout.ts";
export type { OpenOciLayoutOptions } from "./layout/open-oci-layout.ts";
export { openOciLayout } from "./layout/open-oci-layout.ts";
export type { CollectedGarbage, CollectGarbageOptions, LocalImageStore } from "./local/local-image-store.ts";
export { openLocalImageStore } from "./local/open-local-image-store.ts";
export type { FileLockOptions } from "./lock/with-file-lock.ts";
export { withFileLock } from "./lock/with-file-lock.ts";
export { readTar } from "./tar/read-tar.ts";
export type { TarEntry, TarEntryType, TarHeader } from "./tar/tar-entry.ts";
export { tarHeader, tarPadding, tarTrailer } from "./tar/tar-header.ts";
