import { execFile } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { promisify } from "node:util";
import type { LocalImageStore } from "@imagespec/image-store";
import { type Digest, parseImageManifest } from "@imagespec/oci";

/** Unpacks the layers of an image over each other with GNU tar. The images made here have no whiteouts. */
export async function unpackImage(store: LocalImageStore, digest: Digest, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const stored = await store.readManifest({ digest });
  for (const layer of parseImageManifest(stored?.bytes ?? "").layers) {
    const file = store.content.path(layer.digest);
    await promisify(execFile)("tar", ["-xzpf", file, "-C", folder, "--numeric-owner"]);
  }
}
