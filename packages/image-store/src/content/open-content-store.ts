import { type FileHandle, open, opendir, rm, stat, utimes } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { ImageSpecError, systemCodeOf } from "@imagespec/errors";
import { createDigester, type Digest, digestAlgorithm, digestHex, isDigest } from "@imagespec/oci";
import { abortable } from "../disk/abortable.ts";
import { FileWriter } from "../disk/file-writer.ts";
import { inFolder } from "../disk/in-folder.ts";
import { makeFolder } from "../disk/make-folder.ts";
import { onDisk } from "../disk/on-disk.ts";
import { PartialFolder, type TemporaryFile } from "../disk/partial-folder.ts";
import { readFileRange } from "../disk/read-file-range.ts";
import { removeStale } from "../disk/remove-stale.ts";
import { renameIntoPlace } from "../disk/rename-into-place.ts";
import { corruptContent, missingContent } from "./content-errors.ts";
import type { ContentStore, OpenContentOptions, StoredContent, WriteContentOptions } from "./content-store.ts";
import { verifiedStream } from "./verified-stream.ts";

const algorithms = ["sha256", "sha512"] as const;
/** Uses are recorded no more often than this, to keep reading cheap. */
const useRecordMs = 60 * 60 * 1000;
const defaultMaxSize = 64 * 1024 * 1024;

interface FileFacts {
  readonly size: number;
  readonly mtimeMs: number;
}

async function statIfThere(path: string): Promise<FileFacts | undefined> {
  try {
    return await onDisk(path, () => stat(path));
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

class FolderContentStore implements ContentStore {
  readonly root: string;
  readonly #partial: PartialFolder;

  constructor(root: string, partial: PartialFolder) {
    this.root = root;
    this.#partial = partial;
  }

  path(digest: Digest): string {
    return join(this.root, "blobs", digestAlgorithm(digest), digestHex(digest));
  }

  async has(digest: Digest): Promise<boolean> {
    return (await this.stat(digest)) !== undefined;
  }

  async stat(digest: Digest): Promise<{ readonly size: number } | undefined> {
    const path = this.path(digest);
    const facts = await statIfThere(path);
    if (facts === undefined) return undefined;
    await this.#recordUse(path, facts);
    return { size: facts.size };
  }

  async #recordUse(path: string, facts: FileFacts): Promise<void> {
    if (Date.now() - facts.mtimeMs < useRecordMs) return;
    const now = new Date();
    try {
      // Not the access time: many disks do not record it, and a scanner or backup would count as a use.
      await utimes(path, now, now);
    } catch (error) {
      // A store of another user or on a read-only disk keeps no record of use; a file may be collected meanwhile.
      if (!["EACCES", "EPERM", "EROFS", "ENOENT"].includes(systemCodeOf(error) ?? "")) throw error;
    }
  }

  async #openFile(digest: Digest): Promise<FileHandle> {
    const path = this.path(digest);
    try {
      return await onDisk(path, () => open(path, "r"));
    } catch (error) {
      if (systemCodeOf(error) === "ENOENT") throw missingContent(digest, this.root);
      throw error;
    }
  }

  async *open(digest: Digest, options: OpenContentOptions = {}): AsyncGenerator<Uint8Array> {
    const { start, end } = options;
    const isWhole = start === undefined && end === undefined;
    const verify = options.verify ?? isWhole;
    if (verify && !isWhole) throw new ImageSpecError("INTERNAL", `a part of "${digest}" cannot be verified`);
    const path = this.path(digest);
    const file = await this.#openFile(digest);
    try {
      const facts = await onDisk(path, () => file.stat());
      if (options.countAsUse !== false) await this.#recordUse(path, facts);
      const content = readFileRange(file, start ?? 0, Math.min(end ?? facts.size, facts.size));
      const damaged = (reason: string): ImageSpecError => corruptContent(path, digest, reason);
      yield* verify ? verifiedStream(content, { digest, size: facts.size }, damaged) : content;
    } finally {
      await file.close();
    }
  }

  async read(digest: Digest, options: { readonly maxSize?: number } = {}): Promise<Uint8Array> {
    const maxSize = options.maxSize ?? defaultMaxSize;
    const facts = await this.stat(digest);
    if (facts === undefined) throw missingContent(digest, this.root);
    if (facts.size > maxSize)
      throw new ImageSpecError("MANIFEST_INVALID", `"${digest}" has ${facts.size} bytes, more than ${maxSize}`, {
        hint: "Check where the image comes from: documents of this size are refused",
        details: { digest, path: this.path(digest) },
      });
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.open(digest)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  async write(
    content: AsyncIterable<Uint8Array> | Uint8Array,
    options: WriteContentOptions = {},
  ): Promise<{ readonly digest: Digest; readonly size: number }> {
    const { expected, size, signal, onProgress } = options;
    await using file = await this.#partial.temporaryFile();
    const digester = createDigester(expected === undefined ? "sha256" : digestAlgorithm(expected));
    const refuse = (reason: string): ImageSpecError =>
      new ImageSpecError(
        "DIGEST_MISMATCH",
        `the content of "${expected ?? "a new file"}" is not as expected: ${reason}`,
        {
          hint: "Try again; if it happens again, the place the content comes from is damaged",
          details: { expected, size },
        },
      );
    const stream = content instanceof Uint8Array ? single(content) : content;
    const writer = await FileWriter.create(file.path);
    let isComplete = false;
    try {
      for await (const chunk of abortable(stream, signal)) {
        digester.update(chunk);
        if (size !== undefined && digester.size > size) throw refuse(`it is longer than ${size} bytes`);
        await writer.write(chunk);
        onProgress?.(digester.size);
      }
      isComplete = true;
    } finally {
      await (isComplete ? writer.finish() : writer.abandon());
    }
    if (size !== undefined && digester.size !== size) throw refuse(`it has ${digester.size} of ${size} bytes`);
    const digest = digester.digest();
    if (expected !== undefined && digest !== expected) throw refuse(`its digest is "${digest}"`);
    await this.adopt(file.path, digest);
    return { digest, size: digester.size };
  }

  async adopt(file: string, digest: Digest): Promise<void> {
    const inside = relative(this.#partial.path, file);
    if (inside === "" || inside.startsWith("..") || inside.includes(sep))
      throw new ImageSpecError("INTERNAL", `"${file}" is not a temporary file of "${this.root}"`);
    const target = this.path(digest);
    await inFolder(dirname(target), () => renameIntoPlace(file, target));
  }

  temporaryFile(suffix?: string): Promise<TemporaryFile> {
    return this.#partial.temporaryFile(suffix);
  }

  async remove(digest: Digest): Promise<void> {
    const path = this.path(digest);
    await onDisk(path, () => rm(path, { force: true }));
  }

  async *list(): AsyncGenerator<StoredContent> {
    for (const algorithm of algorithms) yield* this.#listFolder(algorithm);
  }

  async *#listFolder(algorithm: string): AsyncGenerator<StoredContent> {
    const folder = join(this.root, "blobs", algorithm);
    try {
      for await (const { name } of await onDisk(folder, () => opendir(folder))) {
        const digest = `${algorithm}:${name}`;
        if (!isDigest(digest)) continue;
        const facts = await statIfThere(join(folder, name));
        if (facts === undefined) continue;
        yield { digest, size: facts.size, lastUsed: new Date(facts.mtimeMs) };
      }
    } catch (error) {
      if (systemCodeOf(error) !== "ENOENT") throw error;
    }
  }
}

async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The content store in a folder as it is; nothing is created before something is written. */
export function contentStoreIn(root: string): ContentStore {
  return new FolderContentStore(root, new PartialFolder(root));
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EACCES"].includes(systemCodeOf(error) ?? "")) return false;
    throw error;
  }
}

/**
 * Opens the content store in a folder, which is created when it is missing, and removes what crashed writers left there more
 * than a day ago. A store that cannot be written to opens too; writing to it then fails.
 *
 * @throws STORE_UNUSABLE when the folder cannot be used at all, DISK_FULL
 */
export async function openContentStore(root: string): Promise<ContentStore> {
  const blobs = join(root, "blobs");
  try {
    await makeFolder(join(blobs, "sha256"));
  } catch (error) {
    // An existing store on a read-only disk is still good for reading.
    if (!["EACCES", "EPERM", "EROFS"].includes(systemCodeOf(error) ?? "") || !(await isFolder(blobs))) throw error;
  }
  await new PartialFolder(root).removeStale();
  // Locks on what is made of the content are kept beside it; a holder gives a sign of life every minute.
  await removeStale(join(root, "locks"));
  return contentStoreIn(root);
}
