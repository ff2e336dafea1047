import { createHash } from "node:crypto";
import { opendir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemCodeOf } from "@imagespec/errors";
import { inFolder } from "../disk/in-folder.ts";
import { onDisk } from "../disk/on-disk.ts";
import { PartialFolder } from "../disk/partial-folder.ts";
import { renameIntoPlace } from "../disk/rename-into-place.ts";

/** A small persistent map from texts to JSON values, shared by processes; the last writer of a key wins. */
export interface KeyIndex<T> {
  /** The value of a key; nothing when it is absent, damaged or refused by `parse`. @throws STORE_UNUSABLE */
  get(key: string): Promise<T | undefined>;
  /** Replaces the value atomically. @throws STORE_UNUSABLE, DISK_FULL */
  set(key: string, value: T): Promise<void>;
  /** Removes a key; an absent one is fine. @throws STORE_UNUSABLE */
  delete(key: string): Promise<void>;
  /** All keys, in no order; damaged entries are left out. */
  keys(): AsyncIterable<string>;
}

interface KeyFile {
  readonly key: string;
  readonly value: unknown;
}

/** A file can be damaged and still be JSON. */
function checksumOf({ key, value }: KeyFile): string {
  return createHash("sha256")
    .update(JSON.stringify([key, value]))
    .digest("hex");
}

function parseKeyFile(text: string): KeyFile | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof parsed !== "object" || parsed === null || !("key" in parsed) || !("value" in parsed)) return undefined;
  if (!("sha256" in parsed) || typeof parsed.key !== "string") return undefined;
  const file = { key: parsed.key, value: parsed.value };
  return parsed.sha256 === checksumOf(file) ? file : undefined;
}

async function readKeyFile(path: string): Promise<KeyFile | undefined> {
  try {
    return parseKeyFile(await onDisk(path, () => readFile(path, "utf8")));
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

class FolderKeyIndex<T> implements KeyIndex<T> {
  readonly #folder: string;
  readonly #partial: PartialFolder;
  readonly #parse: (value: unknown) => T | undefined;

  constructor(folder: string, partial: PartialFolder, parse: (value: unknown) => T | undefined) {
    this.#folder = folder;
    this.#partial = partial;
    this.#parse = parse;
  }

  // Keys are any text, file names are not; the key inside the file tells whether it is the right one.
  #path(key: string): string {
    const name = createHash("sha256").update(key).digest("hex");
    return join(this.#folder, name.slice(0, 2), `${name}.json`);
  }

  async get(key: string): Promise<T | undefined> {
    const file = await readKeyFile(this.#path(key));
    return file?.key === key ? this.#parse(file.value) : undefined;
  }

  async set(key: string, value: T): Promise<void> {
    const path = this.#path(key);
    await using file = await this.#partial.temporaryFile(".json");
    const text = JSON.stringify({ key, value, sha256: checksumOf({ key, value }) });
    await onDisk(file.path, () => writeFile(file.path, text, { flag: "wx" }));
    await inFolder(dirname(path), () => renameIntoPlace(file.path, path));
  }

  async delete(key: string): Promise<void> {
    const path = this.#path(key);
    await onDisk(path, () => rm(path, { force: true }));
  }

  async *keys(): AsyncGenerator<string> {
    for await (const name of namesIn(this.#folder)) {
      if (!/^[0-9a-f]{2}$/.test(name)) continue;
      for await (const fileName of namesIn(join(this.#folder, name))) {
        const file = await readKeyFile(join(this.#folder, name, fileName));
        if (file !== undefined) yield file.key;
      }
    }
  }
}

async function* namesIn(folder: string): AsyncGenerator<string> {
  try {
    for await (const { name } of await onDisk(folder, () => opendir(folder))) yield name;
  } catch (error) {
    if (systemCodeOf(error) !== "ENOENT") throw error;
  }
}

/**
 * Opens the key index in a folder, which is created by the first {@link KeyIndex.set}. One small JSON file a key.
 *
 * @param options.parse checks a stored value, which may come from another version; nothing means "as if absent"
 * @throws STORE_UNUSABLE
 */
export async function openKeyIndex<T>(
  folder: string,
  options: { readonly parse: (value: unknown) => T | undefined },
): Promise<KeyIndex<T>> {
  const partial = new PartialFolder(folder);
  await partial.removeStale();
  return new FolderKeyIndex(folder, partial, options.parse);
}
