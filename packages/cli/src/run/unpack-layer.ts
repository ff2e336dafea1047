import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { ImageSpecError, throwIfAborted } from "@imagespec/errors";
import { readTar, type TarEntry, type TarHeader } from "@imagespec/image-store";
import { lookAt, PathInRoot, segmentsOf } from "./path-in-root.ts";

const opaqueName = ".wh..wh..opq";
const whiteoutPrefix = ".wh.";

interface UnpackOptions {
  /** Whether this process may give files to others. */
  readonly keepsOwners: boolean;
  readonly signal: AbortSignal;
}

/**
 * Unpacks an uncompressed layer over those below it; whiteouts are applied. Devices and pipes are left out.
 *
 * Files are written synchronously: for the many small ones of a Python environment that takes a fraction of the time.
 */
export async function unpackLayer(
  layer: AsyncIterable<Uint8Array>,
  root: string,
  { keepsOwners, signal }: UnpackOptions,
): Promise<void> {
  const paths = new PathInRoot(root);
  const own = new Set<string>();
  for await (const entry of readTar(layer)) {
    throwIfAborted(signal);
    const segments = segmentsOf(entry.header.path);
    const name = segments.at(-1) ?? "";
    const path = paths.entry(segments);
    if (name === opaqueName) {
      clearFolder(paths.entry(segments.slice(0, -1)), own);
      paths.forget();
    } else if (name.startsWith(whiteoutPrefix)) {
      const hidden = paths.entry([...segments.slice(0, -1), hiddenName(name)]);
      if (!own.has(hidden)) rmSync(hidden, { recursive: true, force: true });
      paths.forget();
    } else {
      remember(path, root, own);
      await writeEntry(path, entry, { paths, keepsOwners, isRoot: segments.length === 0 });
    }
  }
}

/** What a whiteout hides: an entry beside it, never the folder it is in or one above. @throws STORE_CORRUPT */
function hiddenName(whiteout: string): string {
  const name = whiteout.slice(whiteoutPrefix.length);
  if (name !== "" && name !== "." && name !== "..") return name;
  throw damagedLayer(`the layer's whiteout "${whiteout}" hides no file`);
}

/** An entry and the folders it is in are this layer's: its whiteouts do not mean them. */
function remember(path: string, root: string, own: Set<string>): void {
  for (let current = path; current.length > root.length && !own.has(current); current = join(current, ".."))
    own.add(current);
}

function clearFolder(folder: string, own: ReadonlySet<string>): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (!own.has(path)) rmSync(path, { recursive: true, force: true });
    else if (lookAt(path)?.isDirectory()) clearFolder(path, own);
  }
}

async function writeEntry(
  path: string,
  { header, content }: TarEntry,
  {
    paths,
    keepsOwners,
    isRoot,
  }: { readonly paths: PathInRoot; readonly keepsOwners: boolean; readonly isRoot: boolean },
): Promise<void> {
  if (isRoot && header.type !== "directory") throw damagedLayer(`the layer's root is a ${header.type}`);
  const present = lookAt(path);
  if (present !== undefined && !(present.isDirectory() && header.type === "directory")) {
    rmSync(path, { recursive: true, force: true });
    if (!present.isFile()) paths.forget();
  }
  switch (header.type) {
    case "directory":
      if (!present?.isDirectory()) mkdirSync(path);
      if (keepsOwners) lchownSync(path, header.uid, header.gid);
      // Without rights of an administrator, a folder must stay writable for what is to go into it.
      chmodSync(path, keepsOwners ? header.mode : header.mode | 0o700);
      return;
    case "file":
      await writeFile(path, header, content, keepsOwners);
      return;
    case "symlink":
      symlinkSync(header.linkPath ?? "", path);
      if (keepsOwners) lchownSync(path, header.uid, header.gid);
      return;
    case "hardlink":
      linkSync(paths.entry(segmentsOf(header.linkPath ?? "")), path);
      return;
    default:
      return;
  }
}

async function writeFile(
  path: string,
  header: TarHeader,
  content: AsyncIterable<Uint8Array>,
  keepsOwners: boolean,
): Promise<void> {
  const file = openSync(path, "wx");
  try {
    for await (const chunk of content) {
      for (let written = 0; written < chunk.length; ) written += writeSync(file, chunk, written);
    }
    if (keepsOwners) fchownSync(file, header.uid, header.gid);
    fchmodSync(file, header.mode);
    futimesSync(file, header.mtime, header.mtime);
  } finally {
    closeSync(file);
  }
}

function damagedLayer(what: string): ImageSpecError {
  return new ImageSpecError("STORE_CORRUPT", what, { hint: "get the image from a source that you trust" });
}
