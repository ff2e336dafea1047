import { createHash, type Hash, randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type ContextEntry, contextTime, type DockerfilePlan } from "@imagespec/dockerfile";
import { abortedError, throwIfAborted } from "@imagespec/errors";
import { onDisk, tarHeader, tarPadding, tarTrailer } from "@imagespec/image-store";
import { digestOf } from "@imagespec/oci";

/** A file of the archive that is no part of what the Dockerfile sees. */
export interface SideFile {
  /** Relative, with forward slashes; not below {@link contextFolder}. */
  readonly path: string;
  readonly text: string;
}

/** A build context on disk, as a `.tar.gz`. */
export interface PackedContext extends AsyncDisposable {
  /** Absolute. */
  readonly path: string;
  /** Lower-case hex, of the file. */
  readonly sha256: string;
  /** Lower-case hex, of what is packed: the same on every machine, whatever its gzip. Names the object in a bucket. */
  readonly contentSha256: string;
  /** Bytes of the file. */
  readonly size: number;
  /** Count of entries. */
  readonly files: number;
}

/** Where the archive has the Dockerfile and its context. */
export const contextFolder = "context";

/**
 * Packs a Dockerfile, its context and further files: sorted, with modes as planned and times derived from content. Streams: nothing is
 * ever whole in memory. Disposing removes the file.
 *
 * @throws ABORTED, DISK_FULL, STORE_UNUSABLE, SOURCE_CHANGED
 */
export async function packContext(
  plan: Pick<DockerfilePlan, "text" | "context">,
  options: {
    /** Absolute; made when it is not there. */
    readonly folder: string;
    readonly files?: readonly SideFile[];
    readonly signal: AbortSignal;
  },
): Promise<PackedContext> {
  const { folder, files = [], signal } = options;
  throwIfAborted(signal);
  const entries = entriesOf(plan, files);
  const target = path.join(folder, `context-${randomBytes(8).toString("hex")}.tar.gz`);
  const remove = (): Promise<void> => rm(target, { force: true });
  const [content, file] = [createHash("sha256"), createHash("sha256")];
  await onDisk(folder, () => mkdir(folder, { recursive: true }));
  try {
    await onDisk(target, () =>
      pipeline(
        hashed(tarOf(entries, signal), content),
        createGzip({ level: 6 }),
        (source: AsyncIterable<Uint8Array>) => hashed(source, file),
        createWriteStream(target, { flags: "wx", mode: 0o600 }),
        { signal },
      ),
    );
    const { size } = await onDisk(target, () => stat(target));
    return {
      path: target,
      sha256: file.digest("hex"),
      contentSha256: content.digest("hex"),
      size,
      files: entries.length,
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    await remove();
    throw signal.aborted ? abortedError(signal) : error;
  }
}

function entriesOf(
  { text, context }: Pick<DockerfilePlan, "text" | "context">,
  files: readonly SideFile[],
): readonly ContextEntry[] {
  const own = [{ path: `${contextFolder}/Dockerfile`, text }, ...files].map(textEntry);
  const planned = context.map((entry) => ({ ...entry, path: `${contextFolder}/${entry.path}` }));
  const folders = new Set(planned.filter(({ kind }) => kind === "directory").map((entry) => entry.path));
  const missing = new Set<string>();
  for (const { path: name } of [...own, ...planned]) {
    for (let end = name.lastIndexOf("/"); end > 0; end = name.lastIndexOf("/", end - 1)) {
      const parent = name.slice(0, end);
      if (!folders.has(parent)) missing.add(parent);
    }
  }
  const added = [...missing].map((name): ContextEntry => ({ kind: "directory", path: name, mode: 0o755 }));
  return [...own, ...planned, ...added].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function textEntry({ path: name, text }: SideFile): ContextEntry {
  const bytes = Buffer.from(text);
  return {
    kind: "file",
    path: name,
    mode: 0o644,
    size: bytes.length,
    digest: digestOf(bytes),
    async *open() {
      yield bytes;
    },
  };
}

async function* tarOf(entries: readonly ContextEntry[], signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    throwIfAborted(signal);
    yield tarHeader({
      path: entry.path,
      type: entry.kind,
      mode: entry.mode,
      uid: 0,
      gid: 0,
      size: entry.kind === "file" ? entry.size : 0,
      // Whole seconds: fractions would cost a pax header each.
      mtime: Number(contextTime(entry) / 1_000_000_000n),
      ...(entry.kind === "symlink" ? { linkPath: entry.linkTarget } : {}),
    });
    if (entry.kind !== "file") continue;
    yield* entry.open();
    const padding = tarPadding(entry.size);
    if (padding.length > 0) yield padding;
  }
  yield tarTrailer;
}

async function* hashed(source: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
}
