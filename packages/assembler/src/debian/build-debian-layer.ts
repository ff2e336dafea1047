import { ImageSpecError, throwIfAborted } from "@imagespec/errors";
import { type DebFile, openDebFile } from "./deb-file.ts";
import type { DebianEnvironment } from "./debian-environment.ts";
import type { DebianLock, DebianLockPackage } from "./debian-lock.ts";
import { type ArchitectureFacts, architectureFacts, debianRelease } from "./debian-release.ts";
import { downloadArchiveFile, isAbsent, readArchiveFile } from "./download.ts";
import { FileTree } from "./file-tree.ts";
import { forEachLimited } from "./for-each-limited.ts";
import { layerTar } from "./layer-tar.ts";
import { encodeLdCache, findLibraries } from "./ld-cache.ts";
import { parentPaths } from "./package-path.ts";
import { runEmulations } from "./run-emulations.ts";
import { isOmittedWhenSlim } from "./slim.ts";
import { type UnpackedPackage, unpackPackage } from "./unpack-package.ts";
import { assertTreeComplete } from "./verify-tree.ts";
import { upstreamVersion } from "./version.ts";
import { decompressXz, type XzDecoder } from "./xz.ts";
import { XzWorkerPool } from "./xz-worker-pool.ts";

/** What was done to make the layer. */
export interface DebianReport {
  readonly packages: number;
  /** Entries of the layer. */
  readonly entries: number;
  /** Bytes of all .deb files. */
  readonly packageBytes: number;
  /** Bytes of all files of the layer. */
  readonly contentBytes: number;
  /** Maintainer scripts that were emulated: `package.script: what`. */
  readonly emulated: readonly string[];
  /** Maintainer scripts that do nothing on a fresh install. */
  readonly inert: readonly string[];
  /** Paths of programs that run with other rights than their caller's. */
  readonly setuid: readonly string[];
}

export interface DebianLayer {
  /** Deterministic plain tar; each call starts it anew. */
  readonly tar: () => AsyncIterable<Uint8Array>;
  /** `3.13.5` */
  readonly pythonVersion: string;
  /** `3.13` */
  readonly pythonMinor: string;
  /** `/usr/bin/python3.13` */
  readonly pythonPath: string;
  /** `2.41` */
  readonly glibcVersion: string;
  readonly report: DebianReport;
}

const defaultMaxDownloads = 8;

/**
 * Makes the root file system layer of a Debian base from a lock, with no dpkg, no root and no container engine.
 *
 * One package is unpacked at a time while the next ones are decompressed; what is kept in memory is the content of the layer (70 MB for set b slim). The same
 * lock and options give the same bytes everywhere: generated files carry the date of the main index.
 *
 * Trees for arm64 are made by the same rules; they were run under emulation only.
 *
 * @throws DEBIAN_SCRIPT for maintainer scripts that were not reviewed.
 * @throws DEBIAN_INDEX for damaged packages and when the finished tree refers to files that it does not have.
 * @throws DEBIAN_PACKAGE_NOT_FOUND for a package that the archive no longer has.
 * @throws INDEX_DOWN
 */
export async function buildDebianLayer(
  lock: DebianLock,
  env: DebianEnvironment,
  options: { readonly slim: boolean },
): Promise<DebianLayer> {
  const { pythonMinor } = debianRelease(lock.suite);
  const pythonVersion = upstreamVersion(lockedPackage(lock, `python${pythonMinor}-minimal`).version);
  const glibcVersion = upstreamVersion(lockedPackage(lock, "libc6").version);
  await downloadPackages(lock, env);
  const facts = architectureFacts(lock.architecture);
  const isOmitted = options.slim ? isOmittedWhenSlim : () => false;
  const tree = new FileTree(layerTime(lock));
  const packages: UnpackedPackage[] = [];
  for await (const { entry, deb } of openPackages(lock.packages, env)) {
    packages.push(await unpackPackage(deb, entry, tree, isOmitted));
  }
  tree.completeParents();
  const scripts = runEmulations(tree, packages, isOmitted);
  linkAliases(tree, facts);
  if (!tree.has("usr/bin/python3")) tree.writeLink("usr/bin/python3", `python${pythonMinor}`);
  for (const folder of ["tmp", "var/tmp"]) tree.addDirectory(folder, { mode: 0o1777 });
  for (const folder of ["dev", "proc", "run", "sys"]) tree.addDirectory(folder);
  addPackageRecords(tree, packages);
  moveOutOfLinkedFolders(tree);
  requireHardlinkTargets(tree);
  tree.writeFile("etc/ld.so.cache", encodeLdCache(findLibraries(tree, facts), facts.cacheFlags));
  tree.completeParents();
  assertTreeComplete(tree, facts, isOmitted);
  return {
    tar: () => layerTar(tree),
    pythonVersion,
    pythonMinor,
    pythonPath: `/usr/bin/python${pythonMinor}`,
    glibcVersion,
    report: { ...scripts, ...measure(tree, lock) },
  };
}

async function downloadPackages(lock: DebianLock, env: DebianEnvironment): Promise<void> {
  let started = 0;
  await forEachLimited(lock.packages, env.maxDownloads ?? defaultMaxDownloads, async (entry) => {
    throwIfAborted(env.signal);
    env.onProgress?.({
      kind: "package",
      item: `${entry.name} ${entry.version}`,
      current: ++started,
      total: lock.packages.length,
    });
    try {
      await downloadArchiveFile({ ...entry, paths: [entry.path] }, env);
    } catch (cause) {
      if (!isAbsent(cause)) throw cause;
      throw new ImageSpecError(
        "DEBIAN_PACKAGE_NOT_FOUND",
        `the Debian archive no longer has "${entry.name}" ${entry.version}`,
        {
          hint: 'run "imagespec lock --upgrade-base", or name an archive that keeps superseded versions',
          details: { package: entry.name, version: entry.version },
          cause,
        },
      );
    }
  });
}

interface OpenPackage {
  readonly entry: DebianLockPackage;
  readonly deb: DebFile;
}

/** Opens packages in their order, some ahead of the one that is read, so that they are decompressed at the same time. */
async function* openPackages(
  entries: readonly DebianLockPackage[],
  env: DebianEnvironment,
): AsyncGenerator<OpenPackage, void, undefined> {
  await using pool = XzWorkerPool.start();
  const decode: XzDecoder = pool === undefined ? decompressXz : (bytes, options) => pool.decompress(bytes, options);
  const open = async (entry: DebianLockPackage): Promise<OpenPackage> => {
    throwIfAborted(env.signal);
    const bytes = await readArchiveFile({ ...entry, paths: [entry.path] }, env);
    return { entry, deb: openDebFile(bytes, entry.name, decode) };
  };
  const ahead: Promise<{ readonly value: OpenPackage } | { readonly failure: unknown }>[] = [];
  const waiting = entries.values();
  for (;;) {
    while (ahead.length <= (pool?.size ?? 0)) {
      const { value: entry, done } = waiting.next();
      if (done === true) break;
      // A failure is thrown when its turn comes, not while another package is read.
      ahead.push(
        open(entry).then(
          (value) => ({ value }),
          (failure: unknown) => ({ failure }),
        ),
      );
    }
    const opened = await ahead.shift();
    if (opened === undefined) return;
    if ("failure" in opened) throw opened.failure;
    yield opened.value;
  }
}

function lockedPackage(lock: DebianLock, name: string): DebianLockPackage {
  const found = lock.packages.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  throw new ImageSpecError("LOCK_INVALID", `the Debian lock has no package "${name}"`, {
    hint: "write the lock anew with `imagespec lock`",
  });
}

/** Date of the main index, in seconds. */
function layerTime(lock: DebianLock): number {
  return Math.floor(Date.parse(lock.indexes[0]?.date ?? "1970-01-01T00:00:00Z") / 1000);
}

function requireHardlinkTargets(tree: FileTree): void {
  for (const [path, node] of tree.entries()) {
    if (node.type === "hardlink" && tree.fileAt(path) === undefined) {
      throw new ImageSpecError("DEBIAN_INDEX", `hard link "${path}" of "${node.owner ?? ""}" points to nothing`);
    }
  }
}

/** `/bin`, `/lib` … as links into `usr`. */
function linkAliases(tree: FileTree, { aliases }: ArchitectureFacts): void {
  for (const alias of aliases) tree.addDirectory(`usr/${alias}`);
  for (const alias of new Set([...aliases, "lib32", "libx32"])) {
    if (tree.has(`usr/${alias}`)) tree.writeLink(alias, `usr/${alias}`);
  }
}

/**
 * What scanners list packages by: a flat folder with a file per package, as distroless images have it. There is no status
 * file, since scanners that find both report packages twice.
 */
function addPackageRecords(tree: FileTree, packages: readonly UnpackedPackage[]): void {
  for (const { name, control } of packages) {
    const text = control.get("control")?.toString("utf8") ?? "";
    // A scanner drops a last line without an end.
    tree.writeFile(`var/lib/dpkg/status.d/${name}`, text.endsWith("\n") ? text : `${text}\n`);
    tree.writeFile(`var/lib/dpkg/status.d/${name}.md5sums`, control.get("md5sums") ?? "");
  }
}

/** Files below a folder that became a link (`/var/run`) go where it points to: a layer must not write through links. */
function moveOutOfLinkedFolders(tree: FileTree): void {
  for (const [path, node] of tree.entries()) {
    const link = parentPaths(path).find((parent) => tree.get(parent)?.type === "symlink");
    if (link === undefined) continue;
    const real = tree.resolve(link);
    if (real === undefined) {
      throw new ImageSpecError(
        "DEBIAN_INDEX",
        `"${path}" of "${node.owner ?? ""}" is below "${link}", which points to nothing`,
      );
    }
    tree.delete(path);
    const moved = `${real}${path.slice(link.length)}`;
    if (!tree.has(moved)) tree.set(moved, node);
  }
}

function measure(
  tree: FileTree,
  lock: DebianLock,
): Pick<DebianReport, "packages" | "entries" | "packageBytes" | "contentBytes" | "setuid"> {
  let contentBytes = 0;
  const setuid: string[] = [];
  for (const [path, node] of tree.entries()) {
    if (node.type !== "file") continue;
    contentBytes += node.content.length;
    if ((node.mode & 0o6000) !== 0) setuid.push(path);
  }
  return {
    packages: lock.packages.length,
    entries: tree.size,
    packageBytes: lock.packages.reduce((total, { size }) => total + size, 0),
    contentBytes,
    setuid: setuid.sort(),
  };
}
