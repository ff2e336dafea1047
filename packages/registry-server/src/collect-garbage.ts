import { stat } from "node:fs/promises";
import { join } from "node:path";
import { ImageSpecError, systemCodeOf } from "@imagespec/errors";
import { type Digest, isDigest } from "@imagespec/oci";
import { readManifestContent } from "./manifest/manifest-content.ts";
import type { Files } from "./storage/files.ts";
import { createFolderFiles, partialFolder } from "./storage/folder-files.ts";
import { createContentLock } from "./store/content-lock.ts";
import { createManifestStore, repositoryFolders } from "./store/manifest-store.ts";
import { blobLinkPath, contentFolder, contentPath, repositoryPath } from "./store/paths.ts";

const algorithms = ["sha256", "sha512"] as const;

/** How far garbage collection goes. */
export interface CollectGarbageOptions {
  /**
   * Seconds. Blobs that came or were mounted later are kept even when no manifest reaches them yet, so that the registry can be used meanwhile.
   *
   * @default 3600
   */
  readonly blobGraceSeconds?: number;
  /** Seconds after its last byte that an unfinished upload is kept. @default 86400 */
  readonly uploadGraceSeconds?: number;
  /** Counts, and removes nothing. @default false */
  readonly dryRun?: boolean;
}

/** What garbage collection removed. */
export interface CollectGarbageResult {
  /** Files with content: blobs, manifests and unfinished uploads. */
  readonly removed: number;
  readonly bytes: number;
}

/**
 * Removes blobs that no manifest of their repository reaches, content that no repository has any more, and unfinished uploads.
 *
 * The registry may be running; a push that finds a blob in the registry which no manifest has reached for longer than `blobGraceSeconds` can
 * lose it, and is refused with `MANIFEST_BLOB_UNKNOWN` then.
 *
 * @param root the folder that {@link startRegistryServer} was given
 * @throws STORE_UNUSABLE when the folder does not exist
 */
export async function collectGarbage(root: string, options: CollectGarbageOptions = {}): Promise<CollectGarbageResult> {
  await requireFolder(root);
  const files = createFolderFiles(root);
  const dryRun = options.dryRun ?? false;
  const blobLimit = Date.now() - (options.blobGraceSeconds ?? 3600) * 1000;
  const uploadLimit = Date.now() - (options.uploadGraceSeconds ?? 86_400) * 1000;
  let removed = 0;
  let bytes = 0;

  async function discard(path: string, limit: number): Promise<boolean> {
    const info = await infoOf(join(root, path));
    if (info === undefined || info.mtimeMs > limit) return false;
    if (!dryRun) await files.remove(path);
    return true;
  }

  async function discardContent(path: string, limit: number): Promise<void> {
    const size = (await files.size(path)) ?? 0;
    if (!(await discard(path, limit))) return;
    removed += 1;
    bytes += size;
  }

  const kept = new Set<Digest>();
  for (const repository of await repositoryFolders(files)) {
    const reached = await reachedContent(files, repository);
    for (const digest of reached) kept.add(digest);
    for (const digest of await linkedDigests(files, `${repositoryPath(repository)}/_blobs`)) {
      if (reached.has(digest)) continue;
      if (!(await discard(blobLinkPath(repository, digest), blobLimit))) kept.add(digest);
    }
  }
  for (const digest of await contentDigests(files)) {
    if (!kept.has(digest)) await discardContent(contentPath(digest), blobLimit);
  }
  for (const name of await files.list(partialFolder)) await discardContent(`${partialFolder}/${name}`, uploadLimit);
  return { removed, bytes };
}

/** Removes content that no repository has, at once and whatever its age. For media that forget everything anyway. */
export async function releaseUnreferenced(files: Files): Promise<void> {
  const linked = new Set<Digest>();
  for (const repository of await repositoryFolders(files)) {
    for (const kind of ["_blobs", "_manifests"]) {
      for (const digest of await linkedDigests(files, `${repositoryPath(repository)}/${kind}`)) linked.add(digest);
    }
  }
  for (const digest of await contentDigests(files)) {
    if (!linked.has(digest)) await files.remove(contentPath(digest));
  }
}

/** Digests of a repository's manifests and of all that they name. */
async function reachedContent(files: Files, repository: string): Promise<ReadonlySet<Digest>> {
  const manifests = createManifestStore(files, createContentLock());
  const reached = new Set<Digest>();
  for (const digest of await linkedDigests(files, `${repositoryPath(repository)}/_manifests`)) {
    reached.add(digest);
    const stored = await manifests.read(repository, digest);
    if (stored === undefined) continue;
    const { blobs, foreignBlobs } = readManifestContent(stored.bytes, stored.mediaType);
    for (const blob of [...blobs, ...foreignBlobs]) reached.add(blob);
  }
  return reached;
}

async function linkedDigests(files: Files, folder: string): Promise<readonly Digest[]> {
  const found: Digest[] = [];
  for (const algorithm of algorithms) {
    for (const hex of await files.list(`${folder}/${algorithm}`)) {
      const digest = `${algorithm}:${hex}`;
      if (isDigest(digest)) found.push(digest);
    }
  }
  return found;
}

async function contentDigests(files: Files): Promise<readonly Digest[]> {
  const found: Digest[] = [];
  for (const algorithm of algorithms) {
    for (const prefix of await files.list(`${contentFolder}/${algorithm}`)) {
      for (const hex of await files.list(`${contentFolder}/${algorithm}/${prefix}`)) {
        const digest = `${algorithm}:${hex}`;
        if (isDigest(digest)) found.push(digest);
      }
    }
  }
  return found;
}

async function requireFolder(root: string): Promise<void> {
  const info = await infoOf(root);
  if (info?.isDirectory() === true) return;
  throw new ImageSpecError("STORE_UNUSABLE", `there is no registry folder at "${root}"`, {
    hint: "name the folder that the registry was started with",
    details: { root },
  });
}

async function infoOf(path: string): Promise<Awaited<ReturnType<typeof stat>> | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
