import type { ArchitectureFacts } from "./debian-release.ts";
import { readElf } from "./elf.ts";
import type { FileTree } from "./file-tree.ts";
import { comparePaths } from "./package-path.ts";

/** A library as the dynamic linker looks it up. */
export interface CachedLibrary {
  readonly soname: string;
  /** Absolute. */
  readonly path: string;
}

const headerSize = 48;
const entrySize = 24;

/**
 * Bytes of `/etc/ld.so.cache` in the format `glibc-ld.so.cache1.1`, little endian. Source: glibc's dl-cache.h.
 *
 * Libraries with equal names are found in the order given.
 */
export function encodeLdCache(libraries: readonly CachedLibrary[], flags: number): Buffer {
  const sorted = [...libraries].sort((a, b) => compareLibraryNames(b.soname, a.soname));
  const stringsAt = headerSize + sorted.length * entrySize;
  const strings: Buffer[] = [];
  const offsets = new Map<string, number>();
  let length = 0;
  const offsetOf = (text: string): number => {
    const known = offsets.get(text);
    if (known !== undefined) return known;
    const at = stringsAt + length;
    offsets.set(text, at);
    const bytes = Buffer.from(`${text}\0`, "latin1");
    strings.push(bytes);
    length += bytes.length;
    return at;
  };
  const table = Buffer.alloc(stringsAt);
  for (const [index, { soname, path }] of sorted.entries()) {
    const at = headerSize + index * entrySize;
    table.writeUInt32LE(flags, at);
    table.writeUInt32LE(offsetOf(soname), at + 4);
    table.writeUInt32LE(offsetOf(path), at + 8);
  }
  table.write("glibc-ld.so.cache1.1", 0, "latin1");
  table.writeUInt32LE(sorted.length, 20);
  table.writeUInt32LE(length, 24);
  table.writeUInt8(2, 28); // Byte order: little.
  return Buffer.concat([table, ...strings]);
}

/**
 * What ldconfig would find in a tree: per folder one entry for each name of a library.
 *
 * Subfolders for processor levels (`glibc-hwcaps`) are left out: Debian's packages of a base ship none.
 */
export function findLibraries(tree: FileTree, facts: ArchitectureFacts): readonly CachedLibrary[] {
  const libraries: CachedLibrary[] = [];
  const visited = new Set<string>();
  for (const folder of libraryFolders(tree)) {
    const real = tree.resolve(folder);
    if (real === undefined || visited.has(real)) continue;
    visited.add(real);
    const sonames = new Set<string>();
    for (const path of tree.pathsBelow(real)) {
      const name = path.slice(real.length + 1);
      if (name.includes("/") || !/^(lib|ld-).*\.so/.test(name)) continue;
      const file = tree.fileAt(path);
      const elf = file === undefined ? undefined : readElf(file.content);
      if (elf?.dynamic !== true || elf.machine !== facts.elfMachine) continue;
      const soname = elf.soname ?? name;
      sonames.add(tree.get(path)?.type === "symlink" && isOwnLink(name, soname) ? name : soname);
    }
    for (const soname of sonames) {
      if (tree.has(`${real}/${soname}`)) libraries.push({ soname, path: `${folder}/${soname}` });
    }
  }
  return libraries;
}

/** Folders in the order of ldconfig: those of ld.so.conf, then the built-in ones. */
function libraryFolders(tree: FileTree): readonly string[] {
  const configured = tree
    .pathsBelow("etc/ld.so.conf.d")
    .filter((path) => path.endsWith(".conf") && tree.get(path)?.type === "file")
    .sort(comparePaths)
    .flatMap((path) => tree.text(path).split("\n"))
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line.startsWith("/"));
  return [...configured, "/lib", "/usr/lib"];
}

/** A link is an entry of its own when it is the soname, or the name that compilers look for. */
function isOwnLink(name: string, soname: string): boolean {
  return name === soname || (name.endsWith(".so") && soname.startsWith(name));
}

/** Order of names that the dynamic linker's binary search relies on: digits as numbers. Source: _dl_cache_libcmp. */
function compareLibraryNames(left: string, right: string): number {
  let i = 0;
  let j = 0;
  while (i < left.length) {
    const a = left.charCodeAt(i);
    const b = j < right.length ? right.charCodeAt(j) : 0;
    if (isDigit(a) && isDigit(b)) {
      const first = /^\d+/.exec(left.slice(i))?.[0] ?? "";
      const second = /^\d+/.exec(right.slice(j))?.[0] ?? "";
      if (Number(first) !== Number(second)) return Number(first) - Number(second);
      i += first.length;
      j += second.length;
    } else if (isDigit(a)) {
      return 1;
    } else if (isDigit(b)) {
      return -1;
    } else if (a !== b) {
      return a - b;
    } else {
      i++;
      j++;
    }
  }
  return -(j < right.length ? right.charCodeAt(j) : 0);
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
