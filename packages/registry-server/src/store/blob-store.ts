import type { Readable } from "node:stream";
import type { Digest } from "@imagespec/oci";
import type { Files } from "../storage/files.ts";
import type { ContentLock } from "./content-lock.ts";
import { blobLinkPath, contentPath } from "./paths.ts";

const empty = new Uint8Array();

/** Blobs as a repository sees them: its links, and the content that all repositories share. */
export interface BlobStore {
  /** Bytes, `undefined` when the repository does not have the blob. */
  size(repository: string, digest: Digest): Promise<number | undefined>;
  /** The bytes from `start` up to, not including, `end`; the range must not be empty. */
  open(digest: Digest, start: number, end: number): Readable;
  /** Gives a repository a blob whose content is there. `false`: it is not there, or `from` does not have it. */
  mount(repository: string, digest: Digest, from: string | undefined): Promise<boolean>;
  /** Makes a file that has been verified the content of a digest, and links it. */
  adopt(repository: string, digest: Digest, path: string): Promise<void>;
  /** Whether the repository had the blob. */
  remove(repository: string, digest: Digest): Promise<boolean>;
}

/** The {@link BlobStore} of some {@link Files}. */
export function createBlobStore(files: Files, lock: ContentLock): BlobStore {
  async function link(repository: string, digest: Digest): Promise<void> {
    await files.touch(contentPath(digest));
    await files.write(blobLinkPath(repository, digest), empty);
  }

  return {
    async size(repository, digest) {
      const linked = await files.size(blobLinkPath(repository, digest));
      return linked === undefined ? undefined : files.size(contentPath(digest));
    },

    open: (digest, start, end) => files.open(contentPath(digest), start, end),

    mount: (repository, digest, from) =>
      lock.shared(async () => {
        if (from !== undefined && (await files.size(blobLinkPath(from, digest))) === undefined) return false;
        if ((await files.size(contentPath(digest))) === undefined) return false;
        await link(repository, digest);
        return true;
      }),

    adopt: (repository, digest, path) =>
      lock.shared(async () => {
        // Content of another size was damaged on the disk; the new one heals it.
        if ((await files.size(contentPath(digest))) === (await files.size(path))) await files.remove(path);
        else await files.move(path, contentPath(digest));
        await link(repository, digest);
      }),

    remove: (repository, digest) => files.remove(blobLinkPath(repository, digest)),
  };
}
