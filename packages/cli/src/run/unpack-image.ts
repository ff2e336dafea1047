import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { systemCodeOf } from "@imagespec/errors";
import { decompress, withFileLock } from "@imagespec/image-store";
import { digestHex, isForeignLayer } from "@imagespec/oci";
import type { RunnableImage } from "./runnable-image.ts";
import type { RunRequest } from "./runner.ts";
import { unpackLayer } from "./unpack-layer.ts";

const unusedForMs = 7 * 24 * 60 * 60 * 1000;

/** The folder with the files of an image, unpacked once and kept by digest. Those that nobody ran for a week go. */
export async function unpackImage(
  image: RunnableImage,
  { cacheFolder, signal, onProgress }: Pick<RunRequest, "cacheFolder" | "signal" | "onProgress">,
): Promise<string> {
  const keepsOwners = process.getuid?.() === 0;
  const parent = join(cacheFolder, "run", keepsOwners ? "images" : "own-images");
  const folder = join(parent, digestHex(image.descriptor.digest));
  if (await use(folder)) return folder;
  await mkdir(parent, { recursive: true, mode: 0o700 });
  return withFileLock(
    `${folder}.lock`,
    async () => {
      if (await use(folder)) return folder;
      await removeUnused(parent);
      onProgress(`unpacking ${image.manifest.layers.length} layers`);
      const partial = `${folder}.partial`;
      await rm(partial, { recursive: true, force: true });
      await mkdir(partial, { mode: 0o755 });
      for (const layer of image.manifest.layers) {
        if (isForeignLayer(layer.mediaType)) continue;
        const content = await image.source.openBlob(layer, { signal });
        await unpackLayer(decompress(content), partial, { keepsOwners, signal });
      }
      await rename(partial, folder);
      return folder;
    },
    { signal },
  );
}

/** Marks a folder as used; false when it is not there. */
async function use(folder: string): Promise<boolean> {
  const now = new Date();
  try {
    await utimes(folder, now, now);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return false;
    throw error;
  }
}

async function removeUnused(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    const { mtimeMs } = await stat(path);
    if (!name.endsWith(".lock") && Date.now() - mtimeMs > unusedForMs) await rm(path, { recursive: true, force: true });
  }
}
