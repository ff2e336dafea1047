import { createHash } from "node:crypto";
import { decompress, readTar, type TarEntry } from "@imagespec/image-store";
import type { Digest, ImageSource, Platform } from "@imagespec/oci";
import type { ImageSelector } from "../validate/validate-image.ts";
import { FlattenedView } from "./flattened-view.ts";
import type { ImageFile } from "./image-file.ts";
import { readImage } from "./read-image.ts";

/** Which image of an index, and which contents to keep. */
export interface LayerFilesOptions {
  /** @default linux/amd64 */
  readonly platform?: Platform;
  /** Whether the content of a file is kept; the path is absolute. @default none is */
  readonly keepContent?: (path: string, size: number) => boolean;
}

/**
 * The flattened view of an image: absolute path to file, all layers applied, whiteouts too. The root itself is not in it, nor are
 * folders that no layer has an entry for.
 *
 * @throws IMAGE_NOT_FOUND, STORE_CORRUPT, DIGEST_MISMATCH
 */
export async function layerFiles(
  source: ImageSource,
  reference: ImageSelector,
  options: LayerFilesOptions = {},
): Promise<ReadonlyMap<string, ImageFile>> {
  const { manifest } = await readImage(source, reference, options.platform);
  const view = new FlattenedView();
  for (const [layer, descriptor] of manifest.layers.entries()) {
    const added = new Map<string, ImageFile>();
    const hidden: string[] = [];
    const emptied: string[] = [];
    for await (const entry of readTar(decompress(await source.openBlob(descriptor)))) {
      const path = absolute(entry.header.path);
      const name = path.slice(path.lastIndexOf("/") + 1);
      const folder = path.slice(0, path.lastIndexOf("/"));
      if (name === ".wh..wh..opq") emptied.push(folder);
      else if (name.startsWith(".wh.")) hidden.push(`${folder}/${name.slice(4)}`);
      else if (path !== "/") added.set(path, await readFile(entry, layer, added, view.files, options));
    }
    // Whiteouts hide what lower layers have, wherever in the archive they stand.
    for (const path of hidden) view.remove(path);
    for (const path of emptied) view.removeBelow(path);
    for (const [path, file] of added) view.set(path, file);
  }
  return view.files;
}

async function readFile(
  { header, content }: TarEntry,
  layer: number,
  added: ReadonlyMap<string, ImageFile>,
  view: ReadonlyMap<string, ImageFile>,
  options: LayerFilesOptions,
): Promise<ImageFile> {
  const { type, mode, uid, gid, mtime, size } = header;
  const common = { type, mode, uid, gid, mtime, size, layer };
  if (type === "symlink") return { ...common, linkPath: header.linkPath ?? "" };
  if (type === "hardlink") {
    const linkPath = absolute(header.linkPath ?? "");
    const target = added.get(linkPath) ?? view.get(linkPath);
    return { ...target, ...common, size: target?.size ?? 0, linkPath };
  }
  if (type !== "file") return common;
  const keep = options.keepContent?.(absolute(header.path), size) === true;
  const hash = createHash("sha256");
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) {
    hash.update(chunk);
    if (keep) chunks.push(chunk.slice());
  }
  const digest: Digest = `sha256:${hash.digest("hex")}`;
  return { ...common, digest, ...(keep ? { content: Buffer.concat(chunks) } : {}) };
}

function absolute(path: string): string {
  return `/${path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/")}`;
}
