import { createReadStream } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import path from "node:path";
import { ImageSpecError } from "@imagespec/errors";
import { isUnsafePart, type LayerEntry } from "@imagespec/image-store/layers";

const root = { uid: 0, gid: 0 } as const;
/** Streams of files read this much at once. */
const highWaterMark = 1024 * 1024;

/**
 * The entries of a store path. A store knows neither owners nor times, and of modes only who may execute, so the same content
 * gives the same entries from every store.
 *
 * @param storePath `/nix/store/<hash>-name`
 * @param onDisk where it is
 * @throws BASE_UNSUPPORTED for names that a layer cannot hold
 */
export async function* storeEntries(storePath: string, onDisk: string): AsyncGenerator<LayerEntry> {
  yield* walk(storePath.slice(1), onDisk);
}

async function* walk(entryPath: string, file: string): AsyncGenerator<LayerEntry> {
  const stat = await lstat(file);
  if (stat.isSymbolicLink()) {
    yield { type: "symlink", path: entryPath, mode: 0o777, ...root, target: await readlink(file) };
    return;
  }
  if (stat.isDirectory()) {
    yield { type: "directory", path: entryPath, mode: 0o755, ...root };
    for (const name of (await readdir(file)).sort()) {
      if (isUnsafePart(name)) throw unsafe(`${entryPath}/${name}`);
      yield* walk(`${entryPath}/${name}`, path.join(file, name));
    }
    return;
  }
  const { size, mode } = stat;
  const content = { size, open: () => createReadStream(file, { highWaterMark }) };
  yield { type: "file", path: entryPath, mode: (mode & 0o100) === 0 ? 0o444 : 0o555, ...root, content };
}

function unsafe(name: string): ImageSpecError {
  return new ImageSpecError("BUILD_FAILED", `"/${name}" cannot be a file of an image`, {
    hint: "leave the package out: names that start with .wh. delete files of other layers",
    details: { provider: "nix" },
  });
}
