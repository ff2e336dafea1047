import { normalizePackageName } from "@imagespec/core";
import { decompress, readTar, type TarEntry } from "@imagespec/image-store";
import type { FolderAttributes } from "@imagespec/image-store/layers";
import type { BaseFacts } from "./base-facts.ts";
import { type BaseLibc, libcKind, libcVersion } from "./find-libc.ts";
import { findPython } from "./find-python.ts";
import { ImageFiles } from "./image-files.ts";

const maxKept = 1024 * 1024;
const maxLibrary = 64 * 1024 * 1024;
const keptFiles: ReadonlySet<string> = new Set(["passwd", "group", "pyvenv.cfg"]);

/**
 * Finds out about a base by one pass over its layers, the lowest first.
 *
 * @param env environment of the base's config
 * @throws BASE_UNSUPPORTED for zstd layers on a Node.js without zstd, STORE_CORRUPT, DIGEST_MISMATCH
 */
export async function scanBase(
  layers: Iterable<() => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>>,
  env: ReadonlyMap<string, string>,
): Promise<BaseFacts> {
  const files = new ImageFiles();
  const texts = new Map<string, string>();
  const libraries = new Map<string, BaseLibc>();
  for (const open of layers) {
    const written = new Set<string>();
    for await (const entry of readTar(decompress(await open()))) {
      const path = files.apply(entry.header, written);
      if (path !== undefined && entry.header.type === "file") await keep(path, entry, texts, libraries);
    }
  }
  const text = (path: string): string | undefined => texts.get(files.resolve(path) ?? "");
  const venvHome = /^home\s*=\s*(.+)$/m.exec(text("opt/venv/pyvenv.cfg") ?? "")?.[1]?.trim();
  const python = findPython(files, env, venvHome);
  return {
    python,
    libc: findLibc(files, libraries),
    passwd: text("etc/passwd"),
    group: text("etc/group"),
    distributions: python === undefined ? {} : distributionsIn(files, python.minor),
    ...folderFacts(files),
  };
}

async function keep(
  path: string,
  { header, content }: TarEntry,
  texts: Map<string, string>,
  libraries: Map<string, BaseLibc>,
): Promise<void> {
  const kind = libcKind(path);
  if (kind !== undefined && header.size <= maxLibrary) {
    const version = libcVersion(kind, await collect(content));
    if (version !== undefined) libraries.set(path, { kind, version });
    return;
  }
  if (header.size <= maxKept && keptFiles.has(path.slice(path.lastIndexOf("/") + 1)))
    texts.set(path, (await collect(content)).toString("utf8"));
}

async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** glibc wins: musl beside it is a cross tool. */
function findLibc(files: ImageFiles, libraries: ReadonlyMap<string, BaseLibc>): BaseLibc | undefined {
  const present = [...libraries].filter(([path]) => files.get(path)?.type === "file").map(([, libc]) => libc);
  return present.find(({ kind }) => kind === "glibc") ?? present[0];
}

function distributionsIn(files: ImageFiles, minor: string): Readonly<Record<string, string>> {
  const site = files.resolve(`opt/venv/lib/python${minor}/site-packages`);
  if (site === undefined) return {};
  const found: Record<string, string> = {};
  for (const [path] of files.entries()) {
    if (!path.startsWith(`${site}/`)) continue;
    const match = /^([^/]+)-([^/-]+)\.dist-info\/METADATA$/.exec(path.slice(site.length + 1));
    if (match?.[1] !== undefined && match[2] !== undefined) found[normalizePackageName(match[1])] = match[2];
  }
  return found;
}

function folderFacts(files: ImageFiles): Pick<BaseFacts, "directories" | "directoryLinks"> {
  const directories: [string, FolderAttributes][] = [];
  const directoryLinks: [string, string][] = [];
  for (const [path, node] of files.entries()) {
    if (node.type === "directory") {
      const { mode, uid, gid } = node;
      if (mode !== 0o755 || uid !== 0 || gid !== 0) directories.push([path, { mode, uid, gid }]);
    } else if (node.type === "symlink") {
      const real = files.resolve(path);
      // What resolves and is no node is a folder that no layer lists.
      if (real !== undefined && (files.get(real)?.type ?? "directory") === "directory")
        directoryLinks.push([path, real]);
    }
  }
  // A base may have a folder "__proto__": assigning it to an object would not make it a key.
  return { directories: Object.fromEntries(directories), directoryLinks: Object.fromEntries(directoryLinks) };
}
