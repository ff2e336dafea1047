import { join } from "node:path";
import { ImageSpecError, isImageSpecError, messageOf } from "@imagespec/errors";
import { type ContentStore, withFileLock } from "@imagespec/image-store";
import type { Digest } from "@imagespec/oci";
import { caText } from "../download/ca-text.ts";
import { createDownloader, type DownloaderOptions } from "../download/downloader.ts";
import type { IndexAccess } from "../download/index-access.ts";
import type { UvSettings } from "./detect.ts";
import { imageUvReleases, uvRelease } from "./uv-release.ts";
import { openUvWheel } from "./uv-wheel.ts";

/** uv as a file that build steps inside of an image can run. */
export interface ImageUv {
  /** In the content store, so not executable there. */
  readonly path: string;
  readonly digest: Digest;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** `0.13.9` */
  readonly version: string;
}

export interface FetchUvOptions {
  /** Of the image: `linux/amd64` or `linux/arm64`. */
  readonly platform: string;
  readonly content: ContentStore;
  readonly index: IndexAccess;
  readonly settings: Pick<UvSettings, "caFile">;
  readonly signal: AbortSignal;
  readonly onRetry?: DownloaderOptions["onRetry"];
}

/**
 * The pinned uv for an image's platform, linked statically, so that it runs on any base: from the content store, or fetched as a
 * wheel from the package index.
 *
 * @throws RESOLVER_UNAVAILABLE for a platform that has none, or when the index does not give it; ABORTED, DISK_FULL, STORE_UNUSABLE
 */
export async function fetchUv(options: FetchUvOptions): Promise<ImageUv> {
  const { platform, content, settings, signal } = options;
  const release = Object.hasOwn(imageUvReleases, platform) ? imageUvReleases[platform] : undefined;
  if (release === undefined) {
    throw new ImageSpecError("RESOLVER_UNAVAILABLE", `there is no uv to fetch for "${platform}"`, {
      hint: `build for ${Object.keys(imageUvReleases).join(" or ")}`,
      details: { platform },
    });
  }
  const { sha256, size } = release;
  const digest: Digest = `sha256:${sha256}`;
  const uv: ImageUv = { path: content.path(digest), digest, sha256, size, version: uvRelease.version };
  // A file that a power cut shortened is written again.
  const isThere = async (): Promise<boolean> => (await content.stat(digest))?.size === size;
  if (await isThere()) return uv;
  try {
    const fetch = async (): Promise<void> => {
      if (await isThere()) return;
      const { onRetry } = options;
      const downloader = createDownloader({ ca: await caText(settings.caFile), ...(onRetry && { onRetry }) });
      try {
        await content.remove(digest);
        await using wheel = await openUvWheel(uvRelease.wheels[release.wheel], { ...options, downloader });
        await content.write(wheel.binary("uv"), { expected: digest, size, signal });
      } finally {
        await downloader.close();
      }
    };
    await withFileLock(join(content.root, "locks", `uv-${sha256}.lock`), fetch, { signal });
    return uv;
  } catch (cause) {
    if (isImageSpecError(cause) && ["ABORTED", "DISK_FULL", "STORE_UNUSABLE"].includes(cause.code)) throw cause;
    throw new ImageSpecError(
      "RESOLVER_UNAVAILABLE",
      `uv for "${platform}", which installs packages in the build, could not be fetched: ${messageOf(cause)}`,
      { hint: "make the package index reachable; it has to have the project uv", cause, details: { platform } },
    );
  }
}
