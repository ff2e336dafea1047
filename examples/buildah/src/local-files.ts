import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { PackageResolution } from "@imagespec/core";
import type { ContextFile } from "@imagespec/dockerfile";
import { onDisk } from "@imagespec/image-store";

/** Wheels and archives of this machine that a lock names, by URL: build steps get them with the context. */
export async function localFiles(resolution: PackageResolution | undefined): Promise<ReadonlyMap<string, ContextFile>> {
  const files = new Map<string, ContextFile>();
  for (const { wheel, sdist } of resolution?.distributions ?? []) {
    const archive = wheel ?? (sdist?.kind === "archive" ? sdist : undefined);
    if (archive === undefined || !archive.url.startsWith("file:")) continue;
    const place = fileURLToPath(archive.url);
    const { size } = await onDisk(place, () => stat(place));
    const open = (): AsyncIterable<Uint8Array> => createReadStream(place);
    const { filename, sha256 } = archive;
    files.set(archive.url, { kind: "file", path: filename, mode: 0o644, size, digest: `sha256:${sha256}`, open });
  }
  return files;
}
