import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import type { ContentStore } from "@imagespec/image-store";
import { downloadWheel, findWheel } from "../download/download-wheel.ts";
import type { Downloader } from "../download/downloader.ts";
import type { IndexAccess } from "../download/index-access.ts";
import { openZip } from "../wheel/zip-file.ts";
import { uvRelease } from "./uv-release.ts";

export interface UvWheelOptions {
  readonly content: ContentStore;
  readonly downloader: Downloader;
  readonly index: IndexAccess;
  readonly signal: AbortSignal;
}

/** A wheel of the pinned uv. */
export interface OpenedUvWheel extends AsyncDisposable {
  /** The bytes of its program. @throws WHEEL_INVALID */
  binary(executable: string): AsyncIterable<Uint8Array>;
}

/**
 * Opens a wheel of the pinned uv, downloaded from the package index first when it is not in the content store.
 *
 * @throws WHEEL_HASH_MISMATCH, WHEEL_INVALID, INDEX_DOWN, INDEX_AUTH, INDEX_PROTOCOL
 */
export async function openUvWheel(
  wheel: { readonly filename: string; readonly sha256: string },
  options: UvWheelOptions,
): Promise<OpenedUvWheel> {
  const { content, downloader, index, signal } = options;
  const kept = await findWheel(wheel, content);
  const source = {
    ...wheel,
    url: kept === undefined ? await findInIndexes(wheel.filename, options) : "",
    size: undefined,
  };
  const file = kept ?? (await downloadWheel(source, { content, downloader, loginFor: index.loginFor, signal })).path;
  const zip = await openZip(file);
  return {
    binary(executable) {
      const name = `uv-${uvRelease.version}.data/scripts/${executable}`;
      const entry = zip.entries.find((candidate) => candidate.name === name);
      if (entry === undefined) throw new ImageSpecError("WHEEL_INVALID", `"${wheel.filename}" holds no uv`);
      return zip.content(entry);
    },
    [Symbol.asyncDispose]: () => zip[Symbol.asyncDispose](),
  };
}

/** The URL of a file in the `uv` project of the first index that has it. */
async function findInIndexes(filename: string, options: UvWheelOptions): Promise<string> {
  let failure: unknown;
  for (const index of options.index.toolIndexes) {
    try {
      return await findInIndex(index, filename, options);
    } catch (error) {
      // An index of one's own need not have uv; what is wrong with the first one is what people can change.
      if (!isImageSpecError(error) || error.origin !== "index") throw error;
      failure ??= error;
    }
  }
  throw failure;
}

/** By the simple API: JSON of PEP 691, else HTML of PEP 503. */
async function findInIndex(index: string, filename: string, options: UvWheelOptions): Promise<string> {
  const base = new URL(`${index.replace(/\/$/, "")}/uv/`);
  const { text, contentType } = await options.downloader.text(base.href, {
    accept: "application/vnd.pypi.simple.v1+json, text/html;q=0.5",
    loginFor: options.index.loginFor,
    signal: options.signal,
  });
  const links = contentType.includes("json")
    ? (JSON.parse(text) as { readonly files: readonly { readonly url: string }[] }).files.map(({ url }) => url)
    : [...text.matchAll(/href\s*=\s*"([^"]+)"/gi)].map((match) => (match[1] ?? "").replaceAll("&amp;", "&"));
  const link = links.find((candidate) =>
    decodeURIComponent(new URL(candidate, base).pathname).endsWith(`/${filename}`),
  );
  if (link === undefined) {
    throw new ImageSpecError("INDEX_PROTOCOL", `the package index "${base.origin}" does not have "${filename}"`, {
      hint: "install uv and put it on PATH",
    });
  }
  return new URL(link, base).href;
}
