import path from "node:path";
import type { Json, LockedBase, LockRequest, ResolvedImageSpec } from "@imagespec/core";
import { isImageSpecError } from "@imagespec/errors";
import { caText, detectUvSettings } from "@imagespec/resolver";
import { readBase } from "../base/read-base.ts";
import {
  createDebianFetcher,
  type DebianLock,
  type DebianSuite,
  defaultDebianArchive,
  parseDebianLock,
  resolveDebian,
} from "../debian/index.ts";
import type { AssembleOptions } from "./assemble-options.ts";
import { debianArchitecture, debianLibc, debianPython } from "./debian-facts.ts";

/**
 * What a lock has to know of the base of a spec of one platform: read from its layers, or, for a Debian base, decided.
 *
 * @throws BASE_UNSUPPORTED, BASE_NOT_FOUND, DEBIAN_SIGNATURE, DEBIAN_INDEX, INDEX_DOWN, REGISTRY_…
 */
export async function lockBase(
  spec: ResolvedImageSpec,
  request: LockRequest,
  options: AssembleOptions = {},
): Promise<LockedBase> {
  const base = spec.resolvedBase;
  if (base.kind === "debian") return lockDebian(base.suite, spec.platforms[0] ?? "", request, options);
  const image = await request.base();
  if (image === undefined) return { python: undefined, libc: undefined, distributions: {} };
  const folder = options.cacheFolder ?? path.join(request.cacheFolder, "assemble");
  const { content } = request.store;
  const { facts } = await readBase(image, { content, folder, signal: request.signal });
  const { python, libc, distributions } = facts;
  return { python: python?.version ?? python?.minor, libc, distributions };
}

async function lockDebian(
  suite: DebianSuite,
  platform: string,
  request: LockRequest,
  options: AssembleOptions,
): Promise<LockedBase> {
  const architecture = debianArchitecture(platform);
  const environment = {
    content: request.store.content,
    fetch: createDebianFetcher({ ca: await caText((options.uv ?? detectUvSettings()).caFile) }),
    archive: options.debianArchive ?? defaultDebianArchive,
    signal: request.signal,
  };
  const previous = earlierLock(request.previous);
  let lock = previous;
  if (previous === undefined || request.upgrade || !(await isFor(previous))) {
    const isSuite = previous?.suite === suite && previous.architecture === architecture;
    const found = await resolveDebian({ suite, architecture, ...(isSuite ? { previous } : {}) }, environment);
    // Indexes are signed anew several times a day: the same packages are the same base.
    lock = previous !== undefined && samePackages(previous, found) ? previous : found;
  }
  if (lock === undefined) throw new TypeError("a Debian lock is either found or made");
  return {
    python: debianPython(lock),
    libc: { kind: "glibc", version: debianLibc(lock) },
    distributions: {},
    // A lock is plain data.
    lock: lock as unknown as Readonly<Record<string, Json>>,
  };

  async function isFor(candidate: DebianLock): Promise<boolean> {
    try {
      await resolveDebian({ suite, architecture, lock: candidate }, environment);
      return true;
    } catch (error) {
      if (isImageSpecError(error, "LOCK_STALE")) return false;
      throw error;
    }
  }
}

function earlierLock(value: Json | undefined): DebianLock | undefined {
  if (value === undefined) return undefined;
  try {
    return parseDebianLock(value);
  } catch (error) {
    // Written by another version: as if it were not there.
    if (isImageSpecError(error, "LOCK_INVALID")) return undefined;
    throw error;
  }
}

function samePackages(a: DebianLock, b: DebianLock): boolean {
  const digests = ({ roots, packages }: DebianLock): string =>
    JSON.stringify([roots, packages.map(({ name, version, sha256 }) => [name, version, sha256])]);
  return digests(a) === digests(b);
}
