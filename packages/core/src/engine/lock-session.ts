import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import type { LockMeaning } from "../lock/lock-meaning.ts";
import { ownTableOf } from "../lock/own-lock.ts";
import { readLock } from "../lock/read-lock.ts";
import { isMissing, unreadableFile } from "../source/missing-file.ts";

/** A lock file as it is, or will be. */
export interface KnownLock {
  readonly text: string;
  /** Nothing for a file that cannot be read as a lock, such as one with the marks of a merge conflict. */
  readonly meaning: LockMeaning | undefined;
}

/** The lock files of one call: those on disk, and those that it will write when all of them are made. */
export class LockSession {
  readonly #made = new Map<string, Map<string, { readonly text: string; readonly inputs: string }>>();

  /** The texts made so far for specs of one root, by relative path. */
  texts(root: string): ReadonlyMap<string, string> {
    return new Map([...this.#madeIn(root)].map(([path, { text }]) => [path, text]));
  }

  /** Whether this call has made a lock already. */
  has(root: string, path: string): boolean {
    return this.#madeIn(root).has(path);
  }

  /** @throws LOCK_INVALID for a lock of another tool, SPEC_FILE_UNREADABLE */
  async read(root: string, path: string): Promise<KnownLock | undefined> {
    const text = this.#madeIn(root).get(path)?.text ?? (await readIfThere(join(root, path), path));
    if (text === undefined) return undefined;
    try {
      const meaning = await readLock("pylock", text, path);
      ownTableOf(meaning);
      return { text, meaning };
    } catch (error) {
      const isOurs = /^\[tool\.imagespec\]/m.test(text);
      if (!isOurs || !isImageSpecError(error, "LOCK_INVALID")) throw error;
      return { text, meaning: undefined };
    }
  }

  /** @throws SPEC_CONFLICT when another spec of the call has the same lock file */
  keep(root: string, path: string, lock: { readonly text: string; readonly inputs: string }): void {
    const earlier = this.#madeIn(root).get(path);
    if (earlier !== undefined && earlier.inputs !== lock.inputs) {
      throw new ImageSpecError("SPEC_CONFLICT", `two specs would be locked in "${path}"`, {
        hint: "give them different names",
        details: { file: join(root, path) },
      });
    }
    this.#madeIn(root).set(path, lock);
  }

  /** Writes what was made, each file whole or not at all. */
  async write(): Promise<void> {
    for (const [root, files] of this.#made) {
      for (const [path, { text }] of files) {
        const file = join(root, path);
        if (text !== (await readIfThere(file, path))) await replaceFile(file, text);
      }
    }
  }

  #madeIn(root: string): Map<string, { readonly text: string; readonly inputs: string }> {
    const files = this.#made.get(root) ?? new Map<string, { readonly text: string; readonly inputs: string }>();
    this.#made.set(root, files);
    return files;
  }
}

async function readIfThere(file: string, path: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw unreadableFile("lock file", path, error);
  }
}

async function replaceFile(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const partial = `${file}.${process.pid}.partial`;
  try {
    await writeFile(partial, text);
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
