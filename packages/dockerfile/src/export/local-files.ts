import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { PackageResolution } from "@imagespec/core";
import { onDisk } from "@imagespec/image-store";
import type { ContextFile } from "../context/context-entry.ts";

/** The wheels and source archives of a resolution that are files of this machine, by URL. @throws STORE_UNUSABLE */
export async function localFiles({ distributions }: PackageResolution): Promise<ReadonlyMap<string, ContextFile>> {
  const files = new Map<string, ContextFile>();
  for (const { wheel, sdist } of distributions) {
    const archive = wheel ?? (sdist?.kind === "archive" ? sdist : undefined);
    if (archive === undefined || !archive.url.startsWith("file:")) continue;
    const { url, filename, sha256 } = archive;
    const place = fileURLToPath(url);
    const { size } = await onDisk(place, () => stat(place));
    const open = (): AsyncIterable<Uint8Array> => createReadStream(place);
    files.set(url, { kind: "file", path: filename, mode: 0o644, size, digest: `sha256:${sha256}`, open });
  }
  return files;
}
