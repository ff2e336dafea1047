import { createHash } from "node:crypto";
import { closeSync, createReadStream, fstatSync, openSync, readSync } from "node:fs";
import { throwIfAborted } from "@imagespec/errors";
import type { Digest } from "@imagespec/oci";

export interface HashedFile {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly executable: boolean;
}

/** Files up to this size are hashed by one read each: for many small files that is several times as fast as streams. */
const smallFile = 1024 * 1024;
/** Bytes, and files, after which the event loop gets its turn. */
const sliceBytes = 8 * 1024 * 1024;
const sliceFiles = 256;
const parallelStreams = 4;

/**
 * The digest, size and executable bit of each file, in the order of the paths.
 *
 * Rejects with the system error of the first file that cannot be read; `onError` may turn it into another.
 */
export async function hashFiles(
  paths: readonly string[],
  options: { readonly signal: AbortSignal | undefined; readonly onError: (path: string, cause: unknown) => Error },
): Promise<readonly HashedFile[]> {
  const results: HashedFile[] = [];
  const large: { readonly index: number; readonly path: string; readonly executable: boolean }[] = [];
  const buffer = Buffer.allocUnsafe(smallFile + 1);
  let bytes = 0;
  for (const [index, path] of paths.entries()) {
    try {
      const small = hashSmall(path, buffer);
      if (small.digest === undefined) large.push({ index, path, executable: small.executable });
      else results[index] = { digest: small.digest, size: small.size, executable: small.executable };
      bytes += small.size;
    } catch (error) {
      throw options.onError(path, error);
    }
    if (bytes >= sliceBytes || index % sliceFiles === sliceFiles - 1) {
      bytes = 0;
      throwIfAborted(options.signal);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const queue = large.values();
  const worker = async () => {
    for (const { index, path, executable } of queue) {
      throwIfAborted(options.signal);
      try {
        results[index] = { ...(await hashLarge(path)), executable };
      } catch (error) {
        throw options.onError(path, error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallelStreams, large.length) }, worker));
  return results;
}

/** Without a digest when the file is too large for one read. */
function hashSmall(path: string, buffer: Buffer): { digest: Digest | undefined; size: number; executable: boolean } {
  const file = openSync(path, "r");
  try {
    const stats = fstatSync(file);
    // The user's bit alone: the others differ by umask from machine to machine.
    const executable = (stats.mode & 0o100) !== 0;
    if (stats.size > smallFile) return { digest: undefined, size: 0, executable };
    let size = 0;
    for (let read = -1; read !== 0 && size < buffer.length; size += read) {
      read = readSync(file, buffer, size, buffer.length - size, null);
    }
    // It grew since its size was asked for: streams cope.
    if (size > smallFile) return { digest: undefined, size: 0, executable };
    const hex = createHash("sha256").update(buffer.subarray(0, size)).digest("hex");
    return { digest: `sha256:${hex}`, size, executable };
  } finally {
    closeSync(file);
  }
}

async function hashLarge(path: string): Promise<{ readonly digest: Digest; readonly size: number }> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { digest: `sha256:${hash.digest("hex")}`, size };
}
