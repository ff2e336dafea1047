import { ImageSpecError, isImageSpecError, throwIfAborted } from "@imagespec/errors";
import type { Digest } from "@imagespec/oci";
import type { DebianEnvironment } from "./debian-environment.ts";
import type { DebianArea } from "./debian-release.ts";

/** A file of an archive that is known by its digest. */
export interface ArchiveFile {
  readonly area: DebianArea;
  /** Paths below the archive's URL, tried in this order while the archive has none of them. */
  readonly paths: readonly [string, ...string[]];
  /** Hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Brings a file into the content store, unless it is there, and returns its digest.
 *
 * @throws DEBIAN_INDEX when what arrives has another size or digest.
 */
export async function downloadArchiveFile(file: ArchiveFile, env: DebianEnvironment): Promise<Digest> {
  const expected: Digest = `sha256:${file.sha256}`;
  if ((await env.content.stat(expected))?.size === file.size) return expected;
  let missing: unknown;
  for (const path of file.paths) {
    throwIfAborted(env.signal);
    try {
      const body = await env.fetch(archiveUrl(file.area, path, env), { ...abortable(env), maxSize: file.size });
      await env.content.write(body, { expected, size: file.size, ...abortable(env) });
      return expected;
    } catch (cause) {
      if (isImageSpecError(cause, "DIGEST_MISMATCH")) {
        throw new ImageSpecError(
          "DEBIAN_INDEX",
          `"${path}" of the Debian archive does not have the digest that is signed`,
          {
            hint: "try again: the archive may be in the middle of an update; otherwise check its URLs",
            cause,
          },
        );
      }
      if (!isAbsent(cause)) throw cause;
      missing = cause;
    }
  }
  throw missing;
}

/**
 * Reads a file whole, from the content store where it is there. A damaged copy is replaced once.
 *
 * @throws DEBIAN_INDEX
 */
export async function readArchiveFile(file: ArchiveFile, env: DebianEnvironment): Promise<Uint8Array> {
  const digest = await downloadArchiveFile(file, env);
  try {
    return await env.content.read(digest, { maxSize: file.size });
  } catch (cause) {
    if (!isImageSpecError(cause, "STORE_CORRUPT")) throw cause;
    await env.content.remove(digest);
    return await env.content.read(await downloadArchiveFile(file, env), { maxSize: file.size });
  }
}

/** Reads a small file that is verified by its own signature. */
export async function fetchSignedFile(
  area: DebianArea,
  path: string,
  maxSize: number,
  env: DebianEnvironment,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of await env.fetch(archiveUrl(area, path, env), { ...abortable(env), maxSize })) {
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** Whether an error says that the archive does not have the file. */
export function isAbsent(cause: unknown): cause is ImageSpecError {
  return isImageSpecError(cause) && (cause.details["status"] === 404 || cause.details["status"] === 410);
}

function archiveUrl(area: DebianArea, path: string, env: DebianEnvironment): string {
  return `${env.archive[area].replace(/\/+$/, "")}/${path}`;
}

function abortable(env: DebianEnvironment): { readonly signal?: AbortSignal } {
  return env.signal === undefined ? {} : { signal: env.signal };
}
