import { ImageSpecError } from "@imagespec/errors";
import { createDownloader, type DownloaderOptions } from "@imagespec/resolver";
import type { DebianFetcher } from "./debian-environment.ts";

/** As {@link DownloaderOptions}: attempts, delays, time limits, certificate authorities. */
export type DebianFetcherOptions = Omit<DownloaderOptions, "server">;

/**
 * A fetcher on the downloader that also reads package indexes: proxies, certificate authorities, retries.
 *
 * A body that breaks off is continued at the byte where it broke off: every file is verified by digest or signature
 * afterwards, so a file that changed in between is noticed.
 */
export function createDebianFetcher(options: DebianFetcherOptions = {}): DebianFetcher {
  const downloader = createDownloader({ minDelayMs: 300, timeoutMs: 30_000, ...options, server: "Debian archive" });
  return async (url, { signal, maxSize }) => {
    const { protocol } = new URL(url);
    if (protocol !== "http:" && protocol !== "https:") {
      throw new ImageSpecError("INDEX_PROTOCOL", `Debian archive file "${url}" is not an http or https URL`, {
        hint: "check the URLs of the Debian archive",
        details: { url },
      });
    }
    const pieces = downloader.open(url, { signal, maxSize })[Symbol.asyncIterator]();
    // The answer of the server decides whether the file is there: callers want to know before they read.
    const first = await pieces.next();
    return (async function* () {
      try {
        if (first.done !== true) yield first.value;
        for (;;) {
          const next = await pieces.next();
          if (next.done === true) return;
          yield next.value;
        }
      } finally {
        await pieces.return?.();
      }
    })();
  };
}
