import { createReadStream } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ResolvedWheel } from "@imagespec/core";
import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import { type ContentStore, withFileLock } from "@imagespec/image-store";
import type { Digest } from "@imagespec/oci";
import type { Downloader, DownloadRequest } from "./downloader.ts";

export interface DownloadWheelOptions extends DownloadRequest {
  readonly content: ContentStore;
  readonly downloader: Downloader;
  /** Bytes of this wheel so far. */
  readonly onProgress?: (bytes: number) => void;
}

/**
 * The path of a wheel that is in the content store already. It is read once: not everything in a zip archive is covered by a
 * checksum. A damaged one is removed.
 *
 * @throws STORE_UNUSABLE
 */
export async function findWheel(
  { sha256 }: Pick<ResolvedWheel, "sha256">,
  content: Pick<ContentStore, "has" | "open" | "path" | "remove">,
): Promise<string | undefined> {
  const digest: Digest = `sha256:${sha256}`;
  if (!(await content.has(digest))) return undefined;
  try {
    for await (const _ of content.open(digest));
    return content.path(digest);
  } catch (error) {
    if (isImageSpecError(error, "IMAGE_NOT_FOUND")) return undefined;
    if (!isImageSpecError(error, "STORE_CORRUPT")) throw error;
    await content.remove(digest);
    return undefined;
  }
}

/**
 * The path of a wheel in the content store, downloaded first when it is not there; its hash is checked while it streams in.
 *
 * @throws WHEEL_HASH_MISMATCH, INDEX_DOWN, INDEX_AUTH, INDEX_PROTOCOL
 */
export async function downloadWheel(
  wheel: ResolvedWheel,
  options: DownloadWheelOptions,
): Promise<{ readonly path: string; readonly downloaded: number }> {
  const { content, signal } = options;
  const find = async (): Promise<{ readonly path: string; readonly downloaded: number } | undefined> => {
    const path = await findWheel(wheel, content);
    return path === undefined ? undefined : { path, downloaded: 0 };
  };
  const kept = await find();
  if (kept !== undefined) return kept;
  // Whoever else wants the same wheel of this cache waits for it instead of fetching it too.
  const lock = join(content.root, "locks", `wheel-${wheel.sha256}.lock`);
  const action = async () => (await find()) ?? (await fetchWheel(wheel, options));
  return withFileLock(lock, action, signal === undefined ? {} : { signal });
}

async function fetchWheel(
  wheel: ResolvedWheel,
  options: DownloadWheelOptions,
): Promise<{ readonly path: string; readonly downloaded: number }> {
  const digest: Digest = `sha256:${wheel.sha256}`;
  const bytes = wheel.url.startsWith("file:")
    ? createReadStream(fileURLToPath(wheel.url))
    : options.downloader.open(wheel.url, options);
  try {
    const { size } = await options.content.write(bytes, {
      expected: digest,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    });
    return { path: options.content.path(digest), downloaded: size };
  } catch (error) {
    if (!isImageSpecError(error, "DIGEST_MISMATCH")) throw error;
    throw new ImageSpecError(
      "WHEEL_HASH_MISMATCH",
      `"${wheel.filename}" does not have the sha256 "${wheel.sha256}" that was resolved`,
      {
        hint: "resolve again; if it stays, the index or a proxy on the way serves other bytes than it promises",
        details: { file: wheel.filename, expected: digest },
        cause: error,
      },
    );
  }
}
