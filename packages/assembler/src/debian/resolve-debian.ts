import { createHash } from "node:crypto";
import { ImageSpecError } from "@imagespec/errors";
import { debianArchiveKeys } from "./archive-keys.ts";
import { solveClosure } from "./closure.ts";
import type { DebianEnvironment } from "./debian-environment.ts";
import type { DebianLock, DebianLockIndex } from "./debian-lock.ts";
import { type DebianArchitecture, type DebianSuite, debianRelease, type IndexSource } from "./debian-release.ts";
import { fetchSignedFile, isAbsent, readArchiveFile } from "./download.ts";
import { type InRelease, verifyInRelease } from "./in-release.ts";
import { PackageIndex } from "./package-index.ts";
import { type DebianSet, debianRoots } from "./root-set.ts";
import { decompressXz } from "./xz.ts";

/** What a Debian base shall hold. */
export interface DebianRequest {
  readonly suite: DebianSuite;
  readonly architecture: DebianArchitecture;
  /** @default "b" */
  readonly set?: DebianSet;
  /**
   * Leave out documentation (not the copyright files), manual pages and translations. Does not change the lock.
   *
   * @default true
   */
  readonly slim?: boolean;
  /** Further packages, by name. */
  readonly extraRoots?: readonly string[];
  /** Used as it is, with no network, when it is for this suite, architecture and packages. */
  readonly lock?: DebianLock;
  /** An earlier lock: indexes older than its own are refused as replays. */
  readonly previous?: DebianLock;
  /**
   * The time that signatures, keys and validity are judged by.
   *
   * @default the clock of this machine
   */
  readonly now?: Date;
  /**
   * Accept indexes whose Valid-Until has passed. Only for a frozen copy of the archive that you trust: who serves an old
   * index can keep security updates from you.
   *
   * @default false
   */
  readonly allowExpiredIndexes?: boolean;
  /**
   * Trust these keys instead of Debian's: armored public keys by primary fingerprint (upper case), and who of them may
   * sign. For an archive that you sign yourself.
   */
  readonly keys?: { readonly armored: Readonly<Record<string, string>>; readonly signers: readonly string[] };
}

/** InRelease files have 30 to 160 kB. */
const maxInReleaseSize = 4 * 1024 * 1024;
const maxPackagesSize = 512 * 1024 * 1024;

/**
 * Decides which packages, exactly, a Debian base consists of.
 *
 * Reads the three suites of the release (main, updates, security), verifies each InRelease by OpenPGP against keys pinned
 * in this package, and each package index by the digests that were signed. Freshness: see {@link verifyInRelease}.
 *
 * @throws DEBIAN_SIGNATURE, DEBIAN_INDEX for an archive that cannot be trusted.
 * @throws DEBIAN_PACKAGE_NOT_FOUND for packages that do not exist or cannot be together.
 * @throws LOCK_STALE for a lock that is for something else.
 * @throws INDEX_DOWN for an archive that cannot be reached.
 */
export async function resolveDebian(request: DebianRequest, env: DebianEnvironment): Promise<DebianLock> {
  const { suite, architecture, lock } = request;
  const roots = debianRoots(suite, request.set ?? "b", request.extraRoots);
  if (lock !== undefined) return requireSameRequest(lock, request, roots);
  const now = request.now ?? new Date();
  const index = new PackageIndex(architecture);
  const indexes: DebianLockIndex[] = [];
  const sources = debianRelease(suite).indexes;
  for (const [position, pinned] of sources.entries()) {
    const source = request.keys === undefined ? pinned : { ...pinned, signers: request.keys.signers };
    env.onProgress?.({ kind: "index", item: source.suite, current: position + 1, total: sources.length });
    const notBefore = request.previous?.indexes.find(({ suite: name }) => name === source.suite)?.date;
    const release = await verifyInRelease(await fetchInRelease(source, env), {
      source,
      keys: request.keys?.armored ?? debianArchiveKeys,
      now,
      allowExpired: request.allowExpiredIndexes ?? false,
      ...(notBefore === undefined ? {} : { notBefore: new Date(notBefore) }),
    });
    const packages = await readPackages(release, source, architecture, env);
    index.add(packages.text, source);
    indexes.push({
      area: source.area,
      suite: source.suite,
      inReleaseSha256: release.sha256,
      date: release.date.toISOString(),
      packagesSha256: packages.sha256,
      signers: release.signers,
    });
  }
  const closure = solveClosure(index, roots);
  return {
    suite,
    architecture,
    roots,
    indexes,
    packages: closure.packages.map(({ name, version, architecture, path, area, size, sha256, source }) => ({
      name,
      version,
      architecture,
      path,
      area,
      size,
      sha256,
      source,
    })),
    dropped: closure.dropped,
    choices: closure.choices,
  };
}

async function fetchInRelease(source: IndexSource, env: DebianEnvironment): Promise<Uint8Array> {
  try {
    return await fetchSignedFile(source.area, `dists/${source.suite}/InRelease`, maxInReleaseSize, env);
  } catch (cause) {
    if (!isAbsent(cause)) throw cause;
    throw new ImageSpecError(
      "DEBIAN_INDEX",
      `the Debian archive "${env.archive[source.area]}" has no suite "${source.suite}"`,
      {
        hint: "check the URLs of the Debian archive: they end before `dists/`",
        cause,
      },
    );
  }
}

/** Reads a package index into memory: 50 MB for the main suite. */
async function readPackages(
  release: InRelease,
  source: IndexSource,
  architecture: DebianArchitecture,
  env: DebianEnvironment,
): Promise<{ readonly text: Uint8Array; readonly sha256: string }> {
  const path = `main/binary-${architecture}/Packages`;
  const compressed = release.files.get(`${path}.xz`);
  const plain = release.files.get(path);
  if (compressed === undefined || plain === undefined || plain.size > maxPackagesSize) {
    throw new ImageSpecError("DEBIAN_INDEX", `"${source.suite}" has no usable package index for "${architecture}"`);
  }
  const folder = `dists/${source.suite}`;
  const packed = await readArchiveFile(
    {
      area: source.area,
      // By digest first: the plain name may already be that of the next update.
      paths: [`${folder}/main/binary-${architecture}/by-hash/SHA256/${compressed.sha256}`, `${folder}/${path}.xz`],
      ...compressed,
    },
    env,
  );
  const text = Buffer.allocUnsafe(plain.size);
  let size = 0;
  for await (const piece of decompressXz(packed, { name: `${source.suite} ${path}.xz`, maxSize: plain.size })) {
    text.set(piece, size);
    size += piece.length;
  }
  if (size !== plain.size || createHash("sha256").update(text).digest("hex") !== plain.sha256) {
    throw new ImageSpecError(
      "DEBIAN_INDEX",
      `the package index of "${source.suite}" does not have the digest that is signed`,
    );
  }
  return { text, sha256: compressed.sha256 };
}

function requireSameRequest(
  lock: DebianLock,
  { suite, architecture }: DebianRequest,
  roots: readonly string[],
): DebianLock {
  const differences = [
    ...(lock.suite === suite ? [] : [`suite "${lock.suite}" instead of "${suite}"`]),
    ...(lock.architecture === architecture ? [] : [`architecture "${lock.architecture}" instead of "${architecture}"`]),
    ...roots.filter((root) => !lock.roots.includes(root)).map((root) => `package "${root}" is missing`),
    ...lock.roots.filter((root) => !roots.includes(root)).map((root) => `package "${root}" is no longer asked for`),
  ];
  if (differences.length === 0) return lock;
  throw new ImageSpecError("LOCK_STALE", `the Debian lock is for something else: ${differences.join(", ")}`, {
    hint: "refresh the lock with `imagespec lock`",
  });
}
