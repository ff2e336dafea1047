import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { PackageResolution } from "@imagespec/core";
import type { ContextFile } from "@imagespec/dockerfile";
import { ImageSpecError, systemCodeOf } from "@imagespec/errors";

/** The wheels and source archives of a resolution that are files of this machine, by URL: they go to the daemon with the context. */
export async function localFiles({ distributions }: PackageResolution): Promise<ReadonlyMap<string, ContextFile>> {
  const files = new Map<string, ContextFile>();
  for (const { wheel, sdist } of distributions) {
    const archive = wheel ?? (sdist?.kind === "archive" ? sdist : undefined);
    if (archive === undefined || !archive.url.startsWith("file:")) continue;
    const { url, filename, sha256 } = archive;
    const place = fileURLToPath(url);
    files.set(url, {
      path: filename,
      mode: 0o644,
      kind: "file",
      size: await sizeOf(place),
      digest: `sha256:${sha256}`,
      open: () => createReadStream(place),
    });
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
