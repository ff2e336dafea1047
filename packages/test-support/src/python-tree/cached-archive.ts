import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";

/**
 * The file of this name in the cache; the first time `make` writes it. Its name must say everything that it depends on. Any
 * number of processes may ask at once.
 */
export async function cachedArchive(
  cache: string,
  name: string,
  make: (file: string) => Promise<void>,
): Promise<string> {
  const file = path.join(cache, name);
  if (existsSync(file)) return file;
  await mkdir(cache, { recursive: true });
  const partial = path.join(cache, `.${process.pid}-${name}`);
  try {
    await make(partial);
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
  return file;
}
