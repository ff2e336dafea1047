import { isAbsolute, posix, relative, resolve, sep } from "node:path";
import { ImageSpecError, isImageSpecError, throwIfAborted } from "@imagespec/errors";
import { digestOf } from "@imagespec/oci";
import type { ContentInput } from "../fingerprint/fingerprint-content.ts";
import { fingerprintSpec } from "../fingerprint/fingerprint-spec.ts";
import type { LockMeaning } from "../lock/lock-meaning.ts";
import { checkOwnLock, type LockSubject, lockFileName } from "../lock/own-lock.ts";
import { readLock } from "../lock/read-lock.ts";
import { readSource } from "../source/read-source.ts";
import { readRequirements, readSpecFile } from "../source/requirement-files.ts";
import { emptySourceTree } from "../source/resolved-source-tree.ts";
import type { ImageSpec } from "./image-spec.ts";
import type { Json } from "./json.ts";
import { normalizeImageSpec } from "./normalize-image-spec.ts";
import type { NormalizedImageSpec } from "./normalized-spec.ts";
import { baseName, debianBaseSpec, layoutBase, referenceBase } from "./resolve-base.ts";
import type { ResolvedBase, ResolvedImageSpec, ResolvedRequirementsFile } from "./resolved-spec.ts";

export interface ResolveOptions {
  /** Folder that the paths of the spec are relative to. @default the working directory */
  readonly root?: string;
  readonly signal?: AbortSignal;
  /** The files of `sourceCopyMode: "loaded-modules"`, relative to `sourceRoot` or absolute. */
  readonly sourceFiles?: readonly string[];
  /** Which options of the named builder change the image. @default all of them */
  readonly contentOptions?: (builder: string, options: Readonly<Record<string, Json>>) => Json | Promise<Json>;
  /** The spec's own lock, relative to the root; `null` to read none. @default `pylock.<name>.toml` in the root when it exists */
  readonly lockFile?: string | null;
  /** What the default lock file is named after. @default the spec's name */
  readonly lockName?: string;
  /** Texts of lock files that win over those on disk, by path relative to the root. */
  readonly lockTexts?: ReadonlyMap<string, string>;
  /** Refuses a spec with packages and without a lock. @default false */
  readonly locked?: boolean;
}

/**
 * Reads everything that a spec names, once: requirements, locks, source. Computes fingerprint and tag. Needs no network.
 *
 * @throws SPEC_FILE_MISSING, SPEC_FILE_UNREADABLE, SPEC_PATH_OUTSIDE, SPEC_SYMLINK_OUTSIDE, SPEC_SOURCE_UNSUPPORTED,
 * SPEC_REQUIREMENT, SPEC_CONFLICT, SPEC_VALUE, LOCK_INVALID, LOCK_STALE, LOCK_MISSING, ABORTED
 */
export async function resolveImageSpec(
  spec: ImageSpec | NormalizedImageSpec,
  options: ResolveOptions = {},
): Promise<ResolvedImageSpec> {
  throwIfAborted(options.signal);
  const root = resolve(options.root ?? ".");
  const normalized = normalizeImageSpec(spec);
  const [python, source] = await Promise.all([
    readPython(normalized, root),
    readSource(normalized, { root, sourceFiles: options.sourceFiles, signal: options.signal }),
  ]);
  const merged = { ...normalized, ...python.overrides };
  const { requirementLines, constraintLines } = python;
  const nested = await resolveNested(normalized, options);
  const own = await readOwnLock(
    { ...merged, requirementLines, constraintLines, projectLock: python.lock, resolvedBase: nested },
    root,
    options,
  );
  const lock = own?.lock ?? python.lock;
  if (options.locked && lock === undefined && python.requirementLines.length > 0) {
    throw new ImageSpecError("LOCK_MISSING", "the spec has packages and no lock", {
      hint: 'run "imagespec lock" and commit the lock file',
      details: { root },
    });
  }
  const resolvedBase = nested ?? (await resolveBase(normalized, root, lock));
  throwIfAborted(options.signal);
  const content: ContentInput = {
    ...merged,
    part: "whole",
    root,
    resolvedBase,
    requirementLines: python.requirementLines,
    requirementFiles: own === undefined ? python.files : [...python.files, own.file],
    constraintLines: python.constraintLines,
    lock,
    source,
    contentOptions: await contentOptionsOf(normalized, options),
  };
  return fingerprintSpec(content);
}

async function contentOptionsOf(spec: NormalizedImageSpec, { contentOptions }: ResolveOptions): Promise<Json> {
  if (spec.builder === undefined) return {};
  return contentOptions === undefined ? spec.builderOptions : contentOptions(spec.builder, spec.builderOptions);
}

interface PythonInputs {
  readonly requirementLines: readonly string[];
  readonly constraintLines: readonly string[];
  readonly files: readonly ResolvedRequirementsFile[];
  readonly lock: LockMeaning | undefined;
  /** Index options that stand in requirements files. */
  readonly overrides: Partial<Pick<NormalizedImageSpec, "pipIndex" | "pipExtraIndexUrl" | "pipExtraArgs">>;
}

async function readPython(spec: NormalizedImageSpec, root: string): Promise<PythonInputs> {
  const { requirements } = spec;
  const none = { requirementLines: spec.packages, constraintLines: [], files: [], lock: undefined, overrides: {} };
  if (requirements === undefined) return none;
  if (requirements.kind !== "requirements") {
    const file = await readSpecFile(root, requirements.file, "requirements");
    if (requirements.kind === "pylock") {
      return { ...none, files: [file], lock: await readLock("pylock", file.text, file.path, requirements) };
    }
    const project = await readSpecFile(root, posix.join(posix.dirname(file.path), "pyproject.toml"), "requirements");
    const lock = await readLock(requirements.kind, file.text, file.path, requirements, project);
    return { ...none, files: [file, project], lock };
  }
  const read = await readRequirements(root, requirements.file);
  if (read.index !== undefined && spec.pipIndex !== undefined && spec.pipIndex !== read.index.replace(/\/+$/, "")) {
    throw new ImageSpecError(
      "SPEC_CONFLICT",
      `pipIndex: "${spec.pipIndex}" is not the index "${read.index}" of "${requirements.file}"`,
      {
        hint: "remove one of them",
        details: { path: "pipIndex" },
      },
    );
  }
  const pipIndex = spec.pipIndex ?? read.index?.replace(/\/+$/, "");
  return {
    requirementLines: [...spec.packages, ...read.lines],
    constraintLines: read.constraints,
    files: read.files,
    lock: undefined,
    overrides: {
      pipIndex: pipIndex === "https://pypi.org/simple" ? undefined : pipIndex,
      pipExtraIndexUrl: [
        ...new Set([...spec.pipExtraIndexUrl, ...read.extraIndexes.map((url) => url.replace(/\/+$/, ""))]),
      ],
      pipExtraArgs: [...spec.pipExtraArgs, ...read.options],
    },
  };
}

/** The file of a spec's own lock, relative to the root; nothing when there is nothing to name it after. */
export function ownLockPath(
  spec: Pick<NormalizedImageSpec, "name">,
  root: string,
  { lockFile, lockName = spec.name }: Pick<ResolveOptions, "lockFile" | "lockName">,
): string | undefined {
  if (lockFile === null) return undefined;
  const named = lockFile ?? (lockName === undefined ? undefined : lockFileName(lockName));
  if (named === undefined) return undefined;
  return isAbsolute(named) ? relative(root, named).split(sep).join("/") : named;
}

async function readOwnLock(
  spec: LockSubject & Pick<NormalizedImageSpec, "name">,
  root: string,
  options: ResolveOptions,
): Promise<{ readonly lock: LockMeaning; readonly file: ResolvedRequirementsFile } | undefined> {
  const path = ownLockPath(spec, root, options);
  if (path === undefined || path === spec.requirements?.file) return undefined;
  const given = options.lockTexts?.get(path);
  const file =
    given === undefined
      ? await readIfThere(root, path, options.lockFile !== undefined)
      : Object.freeze({ path, text: given, digest: digestOf(new TextEncoder().encode(given)) });
  if (file === undefined) return undefined;
  const lock = await readLock("pylock", file.text, path);
  checkOwnLock(lock, spec);
  return { lock, file };
}

async function readIfThere(
  root: string,
  path: string,
  mustExist: boolean,
): Promise<ResolvedRequirementsFile | undefined> {
  try {
    return await readSpecFile(root, path, "lockFile");
  } catch (error) {
    if (mustExist || !isImageSpecError(error, "SPEC_FILE_MISSING")) throw error;
    return undefined;
  }
}

/** A base that is a spec is resolved before the lock is read: what it is locked to decides whether the lock is current. */
async function resolveNested(
  spec: NormalizedImageSpec,
  options: ResolveOptions,
): Promise<Extract<ResolvedBase, { readonly kind: "image" }> | undefined> {
  const nested = nestedSpec(spec);
  if (nested === undefined) return undefined;
  const { lockFile: _lockFile, ...rest } = options;
  const image = await resolveImageSpec(nested, { ...rest, lockName: nestedLockName(spec, options.lockName) });
  return { kind: "image", image };
}

/** The spec that a spec stands on. Where it goes is decided by what stands on it; who builds it is decided anew. */
export function nestedSpec(spec: NormalizedImageSpec): NormalizedImageSpec | undefined {
  const { base } = spec;
  if (base.kind !== "spec") return undefined;
  return {
    ...base.spec,
    name: base.spec.name ?? baseName(spec.name),
    registry: base.spec.registry ?? spec.registry,
    platforms: spec.platforms,
    registryConfig: base.spec.registryConfig ?? spec.registryConfig,
  };
}

/** What the lock of a base is named after: where the image goes has no say in it. */
export function nestedLockName({ base, name }: NormalizedImageSpec, lockName: string | undefined): string {
  return (base.kind === "spec" ? base.spec.name : undefined) ?? baseName(lockName ?? name);
}

async function resolveBase(
  spec: NormalizedImageSpec,
  root: string,
  lock: LockMeaning | undefined,
): Promise<ResolvedBase> {
  const { base } = spec;
  switch (base.kind) {
    case "reference":
      return referenceBase(base.reference, lock?.own?.baseDigest);
    case "oci-layout":
      return layoutBase(root, base.path, base.name);
    case "scratch":
      return { kind: "scratch" };
    case "debian": {
      const { suite } = base;
      const locked = lock?.own?.baseLock;
      const isLocked = spec.platforms.some((platform) => locked?.[platform] !== undefined);
      const image = fingerprintSpec({
        ...debianBaseSpec(spec, suite),
        part: "whole",
        root,
        resolvedBase: { kind: "debian", suite, ...(isLocked ? { lock: locked } : {}) },
        requirementLines: [],
        requirementFiles: [],
        constraintLines: [],
        lock: undefined,
        source: emptySourceTree,
        contentOptions: {},
      });
      return { kind: "image", image };
    }
    case "spec":
      throw new ImageSpecError("INTERNAL", "a base that is a spec is resolved with its own options");
  }
}
