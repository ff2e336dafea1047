import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { decompress } from "@imagespec/image-store";
import type { ImageSource } from "@imagespec/oci";
import type { Repository } from "@imagespec/registry-client";
import type { StoredImage } from "./session/stored-image.ts";

/** Forms in which a value turns up: plain, in a URL, in JSON, in base64, also as the password of a login. */
export function formsOf(secret: string, user?: string): readonly Buffer[] {
  const texts = [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString("base64"),
    ...(user === undefined ? [] : [Buffer.from(`${user}:${secret}`).toString("base64")]),
  ];
  return [...new Set(texts)].map((text) => Buffer.from(text));
}

export function holds(content: Uint8Array | string, forms: readonly Buffer[]): boolean {
  const bytes = Buffer.from(content);
  return forms.some((form) => bytes.includes(form));
}

/** Where in an image a secret stands: documents, and files of its layers. */
export async function findImageLeaks(image: StoredImage, forms: readonly Buffer[]): Promise<readonly string[]> {
  const { source, digest, manifest, config } = image;
  const stored = await source.readManifest({ digest });
  const leaks: string[] = [];
  if (stored !== undefined && holds(stored.bytes, forms)) leaks.push("the manifest");
  const text = await collect(await source.openBlob(manifest.config));
  if (holds(text, forms)) {
    const inHistory = holds(JSON.stringify(config.history ?? []), forms);
    leaks.push(inHistory ? "the history of the config" : "the config");
  }
  for (const [index, layer] of manifest.layers.entries()) {
    if (await streamHolds(decompress(await source.openBlob(layer)), forms)) leaks.push(`layer ${index}`);
  }
  const inFiles = [...image.files].filter(([name, { content }]) => holds(name, forms) || holds(content ?? "", forms));
  leaks.push(...inFiles.map(([name]) => `the file ${name}`));
  return leaks;
}

/** Small files of a folder that hold a secret, written since a time in milliseconds. */
export async function findFileLeaks(
  folder: string,
  forms: readonly Buffer[],
  since: number,
): Promise<readonly string[]> {
  const leaks: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const { mtimeMs, size } = await stat(file);
    if (mtimeMs < since || size > 4 * 1024 * 1024) continue;
    if (holds(await readFile(file), forms)) leaks.push(path.relative(folder, file));
  }
  return leaks;
}

/** Documents that refer to an image, such as its record, and hold a secret. */
export async function findReferrerLeaks(
  repository: ImageSource & Partial<Pick<Repository, "referrers">>,
  image: StoredImage,
  forms: readonly Buffer[],
): Promise<readonly string[]> {
  const leaks: string[] = [];
  for (const { digest } of (await repository.referrers?.(image.digest)) ?? []) {
    const stored = await repository.readManifest({ digest });
    if (stored === undefined) continue;
    const { layers = [] } = JSON.parse(Buffer.from(stored.bytes).toString()) as Pick<StoredImage["manifest"], "layers">;
    const blobs = await Promise.all(layers.map(async (layer) => collect(await repository.openBlob(layer))));
    if ([stored.bytes, ...blobs].some((bytes) => holds(bytes, forms))) leaks.push("a record beside the image");
  }
  return leaks;
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Also across the borders of chunks. */
async function streamHolds(stream: AsyncIterable<Uint8Array>, forms: readonly Buffer[]): Promise<boolean> {
  const longest = Math.max(...forms.map((form) => form.length));
  let tail: Buffer = Buffer.alloc(0);
  let found = false;
  // Read to the end in any case: streams are verified there.
  for await (const chunk of stream) {
    const joined = Buffer.concat([tail, chunk]);
    found ||= holds(joined, forms);
    tail = joined.subarray(-longest);
  }
  return found;
}
