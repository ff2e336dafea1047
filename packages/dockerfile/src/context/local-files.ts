import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { PackageResolution } from "@imagespec/core";
import { ImageSpecError, systemCodeOf } from "@imagespec/errors";
import type { ContextFile } from "./context-entry.ts";

/**
 * The wheels and source archives of a resolution that are files of this machine, by URL: build steps get them with the context.
 *
 * @throws SPEC_FILE_MISSING
 */
export async function localFiles(resolution: PackageResolution | undefined): Promise<ReadonlyMap<string, ContextFile>> {
  const files = new Map<string, ContextFile>();
  for (const { wheel, sdist } of resolution?.distributions ?? []) {
    const archive = wheel ?? (sdist?.kind === "archive" ? sdist : undefined);
    if (archive === undefined || !archive.url.startsWith("file:")) continue;
    const { url, filename, sha256 } = archive;
    const place = fileURLToPath(url);
    const size = await sizeOf(place);
    const open = (): AsyncIterable<Uint8Array> => createReadStream(place);
    files.set(url, { kind: "file", path: filename, mode: 0o644, size, digest: `sha256:${sha256}`, open });
  }
  return files;
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (cause) {
    const code = systemCodeOf(cause);
    if (code === undefined) throw cause;
    throw new ImageSpecError("SPEC_FILE_MISSING", `the package file "${file}" cannot be read: ${code}`, {
      hint: "correct the path in packages or requirements",
      cause,
    });
  }
}
