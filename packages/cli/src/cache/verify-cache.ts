import { readFile, rm } from "node:fs/promises";
import { isImageSpecError, systemCodeOf, throwIfAborted } from "@imagespec/errors";
import { findDamagedContent, type LocalImageStore, type NamedDescriptor } from "@imagespec/image-store";
import {
  type Descriptor,
  type Digest,
  isForeignLayer,
  isImageIndex,
  maxManifestSize,
  parseManifest,
} from "@imagespec/oci";
import { cacheAreas } from "./cache-area.ts";
import { scanArea } from "./scan-area.ts";

/** Something in the cache folder that is not as it should be. */
export interface CacheFinding {
  /** `file`: one with wrong content. `image`: one that lacks content. */
  readonly kind: "file" | "image";
  /** Path, or name of the image. */
  readonly subject: string;
  readonly reason: string;
  /** What to do; starts with a verb. */
  readonly hint: string;
  /** Makes it harmless: removes the file, takes the name away. Nothing where that would lose what cannot be made again. */
  readonly repair: (() => Promise<void>) | undefined;
}

interface Options {
  /** Bytes of content read so far. */
  readonly onProgress: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Reads everything in the cache folder again and finds what is damaged: content whose digest is not that of its name, images that
 * lack content, documents that are no JSON.
 *
 * @throws STORE_UNUSABLE, ABORTED
 */
export async function verifyCache(
  cacheFolder: string,
  store: LocalImageStore | undefined,
  options: Options,
): Promise<readonly CacheFinding[]> {
  const content = store === undefined ? [] : await verifyContent(store, options);
  return [...content, ...(await verifyDocuments(cacheFolder, options.signal))];
}

async function verifyContent(store: LocalImageStore, options: Options): Promise<readonly CacheFinding[]> {
  const damaged = new Set<Digest>();
  const findings: CacheFinding[] = [];
  for await (const { digest, path, reason } of findDamagedContent(store.content, options)) {
    damaged.add(digest);
    findings.push({
      kind: "file",
      subject: path,
      reason,
      hint: "remove it with --repair: builds make or download it again",
      repair: () => store.content.remove(digest),
    });
  }
  return [...findings, ...(await verifyImages(store, damaged, options.signal))];
}

async function verifyImages(
  store: LocalImageStore,
  damaged: ReadonlySet<Digest>,
  signal: AbortSignal,
): Promise<readonly CacheFinding[]> {
  let entries: readonly NamedDescriptor[];
  try {
    entries = await store.list();
  } catch (error) {
    if (!isImageSpecError(error, "STORE_CORRUPT")) throw error;
    const hint = "restore the file from a backup, or remove it: the images have to be built again then";
    return [{ kind: "file", subject: `${store.root}/index.json`, reason: error.message, hint, repair: undefined }];
  }
  const findings: CacheFinding[] = [];
  for (const { name, descriptor } of entries) {
    throwIfAborted(signal);
    if (name === undefined) continue;
    const lacking = await missingContent(store, descriptor, damaged, true);
    if (lacking === undefined) continue;
    findings.push({
      kind: "image",
      subject: name,
      reason: `its content ${lacking} is ${damaged.has(lacking) ? "damaged" : "missing"}`,
      hint: "forget it with --repair, and build or copy it again",
      repair: async () => {
        await store.remove(name);
      },
    });
  }
  return findings;
}

/** The first content that an image needs and does not have. Platforms of an index may be absent, as long as one is there. */
async function missingContent(
  store: LocalImageStore,
  { digest }: Descriptor,
  damaged: ReadonlySet<Digest>,
  isRoot: boolean,
): Promise<Digest | undefined> {
  const { content } = store;
  const isThere = async (wanted: Digest): Promise<boolean> => !damaged.has(wanted) && (await content.has(wanted));
  if (!(await isThere(digest))) return isRoot || damaged.has(digest) ? digest : undefined;
  const manifest = parseManifest(await content.read(digest, { maxSize: maxManifestSize }));
  if (!isImageIndex(manifest)) {
    const needed = [manifest.config, ...manifest.layers.filter(({ mediaType }) => !isForeignLayer(mediaType))];
    for (const blob of needed) if (!(await isThere(blob.digest))) return blob.digest;
    return undefined;
  }
  for (const child of manifest.manifests) {
    const lacking = await missingContent(store, child, damaged, false);
    if (lacking !== undefined) return lacking;
  }
  return undefined;
}

async function verifyDocuments(cacheFolder: string, signal: AbortSignal): Promise<readonly CacheFinding[]> {
  const findings: CacheFinding[] = [];
  for (const area of cacheAreas) {
    if (area.name !== "records" && area.name !== "facts") continue;
    for (const { path } of await scanArea(cacheFolder, area, signal)) {
      if (await isJson(path)) continue;
      findings.push({
        kind: "file",
        subject: path,
        reason: "it is no JSON document",
        hint: "remove it with --repair: builds find it out again",
        repair: () => rm(path, { force: true }),
      });
    }
  }
  return findings;
}

async function isJson(path: string): Promise<boolean> {
  try {
    JSON.parse(await readFile(path, "utf8"));
    return true;
  } catch (error) {
    // Another process may have replaced or removed it.
    if (systemCodeOf(error) === "ENOENT") return true;
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
