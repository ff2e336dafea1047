import { lstat, realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { ImageSpecError, isImageSpecError, systemCodeOf } from "@imagespec/errors";
import { digestOf } from "@imagespec/oci";
import type { NormalizedImageSpec } from "../spec/normalized-spec.ts";
import { compareBytes } from "./compare-bytes.ts";
import { hashFiles } from "./hash-files.ts";
import { isStandardExclude } from "./ignore-rules.ts";
import { isMissing, missingFile, unreadableFile } from "./missing-file.ts";
import { emptySourceTree, ResolvedSourceTree } from "./resolved-source-tree.ts";
import type { SourceFile, SourceTree } from "./source-tree.ts";
import { walkFolder } from "./walk-folder.ts";

export interface ReadSourceOptions {
  readonly root: string;
  /** Files of `loaded-modules`: relative to `sourceRoot`, or absolute. */
  readonly sourceFiles: readonly string[] | undefined;
  readonly signal: AbortSignal | undefined;
}

type SourceFields = Pick<NormalizedImageSpec, "sourceRoot" | "sourceCopyMode" | "copy" | "workdir">;

/** Something to put into the image, not read yet. */
interface Candidate {
  readonly destination: string;
  readonly absolute: string;
  readonly kind: SourceFile["kind"];
  readonly linkTarget: string | undefined;
  /** For people: `sourceRoot`, `copy[1]`. */
  readonly origin: string;
}

/**
 * Finds and hashes the files that go into the image.
 *
 * @throws SPEC_FILE_MISSING, SPEC_FILE_UNREADABLE, SPEC_PATH_OUTSIDE, SPEC_SYMLINK_OUTSIDE, SPEC_SOURCE_UNSUPPORTED,
 * SPEC_CONFLICT for two different files with one destination
 */
export async function readSource(spec: SourceFields, options: ReadSourceOptions): Promise<SourceTree> {
  if (spec.copy.length === 0 && (spec.sourceRoot === undefined || spec.sourceCopyMode === "none"))
    return emptySourceTree;
  const read = async (signal: AbortSignal | undefined) => {
    const candidates = await findCandidates(spec, { ...options, signal });
    return mergeFiles(await hashCandidates(candidates, signal));
  };
  const files = await read(options.signal);
  const places = new Map(files.map(({ file, absolute }) => [file.destination, absolute]));
  return new ResolvedSourceTree(
    files.map(({ file }) => file),
    places,
    async (signal) => (await read(signal)).map(({ file }) => file),
  );
}

async function findCandidates(spec: SourceFields, options: ReadSourceOptions): Promise<readonly Candidate[]> {
  const candidates: Candidate[] = [];
  if (spec.sourceRoot !== undefined && spec.sourceCopyMode !== "none") {
    const folder = join(options.root, spec.sourceRoot);
    const stats = await statEntry("sourceRoot", spec.sourceRoot, folder);
    if (!stats.isDirectory()) throw notAFolder(spec.sourceRoot, folder);
    if (await isVirtualEnvironment(folder)) throw virtualEnvironment(spec.sourceRoot, folder);
    if (spec.sourceCopyMode === "all")
      candidates.push(...(await folderCandidates(folder, spec.workdir, "sourceRoot", false, options)));
    else candidates.push(...(await moduleCandidates(folder, spec.workdir, options)));
  }
  const realRoot = await realpath(options.root);
  for (const [index, { from, to }] of spec.copy.entries()) {
    const field = `copy[${index}]`;
    const absolute = join(options.root, from);
    const stats = await statEntry(field, from, absolute);
    const real = await realpath(absolute);
    if (real !== realRoot && !real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep)) {
      throw new ImageSpecError(
        "SPEC_SYMLINK_OUTSIDE",
        `${field}: "${from}" leads out of the root folder through a link`,
        {
          hint: "copy the file into the root folder",
          details: { file: real, path: field },
        },
      );
    }
    if (stats.isDirectory()) {
      const found = await folderCandidates(absolute, to, field, true, options);
      candidates.push(...found);
      if (found.length === 0)
        candidates.push({ destination: to, absolute, kind: "directory", linkTarget: undefined, origin: field });
    } else if (stats.isFile()) {
      candidates.push({ destination: to, absolute: real, kind: "file", linkTarget: undefined, origin: field });
    } else {
      throw new ImageSpecError("SPEC_SOURCE_UNSUPPORTED", `${field}: "${from}" is neither a file nor a folder`, {
        hint: "remove the entry",
        details: { file: absolute, path: field },
      });
    }
  }
  return candidates;
}

async function folderCandidates(
  folder: string,
  destination: string,
  field: string,
  named: boolean,
  { root, signal }: ReadSourceOptions,
): Promise<readonly Candidate[]> {
  const found = await walkFolder(folder, { root, field, named, signal });
  return found.map(({ path, absolute, kind, linkTarget }) => ({
    destination: joinDestination(destination, path),
    absolute,
    kind,
    linkTarget,
    origin: field,
  }));
}

async function moduleCandidates(
  folder: string,
  workdir: string,
  { sourceFiles }: ReadSourceOptions,
): Promise<readonly Candidate[]> {
  if (sourceFiles === undefined) {
    throw new ImageSpecError("SPEC_VALUE", 'sourceCopyMode: "loaded-modules" needs the list of files from the caller', {
      hint: 'give the build option sourceFiles, or use sourceCopyMode "all"',
      details: { path: "sourceCopyMode" },
    });
  }
  const candidates: Candidate[] = [];
  for (const name of sourceFiles) {
    const absolute = isAbsolute(name) ? name : join(folder, name);
    const path = relative(folder, absolute).split(sep).join("/");
    if (path === "" || path === ".." || path.startsWith("../") || isAbsolute(path)) {
      throw new ImageSpecError("SPEC_PATH_OUTSIDE", `sourceFiles: "${name}" is not below sourceRoot`, {
        hint: "list files below sourceRoot only",
        details: { file: absolute, path: "sourceFiles" },
      });
    }
    if (path.split("/").some(isStandardExclude)) continue;
    const stats = await statEntry("sourceFiles", name, absolute);
    if (!stats.isFile()) {
      throw new ImageSpecError("SPEC_SOURCE_UNSUPPORTED", `sourceFiles: "${name}" is not a file`, {
        hint: "list files only",
        details: { file: absolute, path: "sourceFiles" },
      });
    }
    candidates.push({
      destination: joinDestination(workdir, path),
      absolute,
      kind: "file",
      linkTarget: undefined,
      origin: "sourceFiles",
    });
  }
  return candidates;
}

async function statEntry(field: string, path: string, absolute: string) {
  try {
    return await stat(absolute);
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    if (!isMissing(error)) throw unreadableFile(field, path, error);
    const isLink = await lstat(absolute).then(
      (stats) => stats.isSymbolicLink(),
      () => false,
    );
    if (!isLink) throw await missingFile(field, path, absolute);
    throw new ImageSpecError("SPEC_FILE_MISSING", `${field}: "${path}" is a link to nothing`, {
      hint: "correct the link",
      details: { file: absolute, path: field },
      cause: error,
    });
  }
}

function notAFolder(path: string, absolute: string): ImageSpecError {
  return new ImageSpecError("SPEC_VALUE", `sourceRoot: "${path}" is not a folder`, {
    hint: "name a folder, or use copy for single files",
    details: { file: absolute, path: "sourceRoot" },
  });
}

async function isVirtualEnvironment(folder: string): Promise<boolean> {
  try {
    await stat(join(folder, "pyvenv.cfg"));
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Its links and scripts name folders of this machine, so it would not work anywhere else. */
function virtualEnvironment(path: string, absolute: string): ImageSpecError {
  return new ImageSpecError(
    "SPEC_VALUE",
    `sourceRoot: "${path}" is a virtual environment of this machine, not source`,
    {
      hint: "name the folder with your own code; what is installed belongs into packages or requirements",
      details: { file: absolute, path: "sourceRoot" },
    },
  );
}

interface PlacedFile {
  readonly file: SourceFile;
  readonly absolute: string;
  readonly origin: string;
}

async function hashCandidates(
  candidates: readonly Candidate[],
  signal: AbortSignal | undefined,
): Promise<readonly PlacedFile[]> {
  const files = candidates.filter(({ kind }) => kind === "file");
  const hashes = await hashFiles(
    files.map(({ absolute }) => absolute),
    {
      signal,
      onError: (path, cause) => {
        if (isImageSpecError(cause)) return cause;
        const origin = files.find(({ absolute }) => absolute === path)?.origin ?? "";
        return unreadableFile(origin, path, cause);
      },
    },
  );
  const byCandidate = new Map(files.map((candidate, index) => [candidate, hashes[index]]));
  return candidates.map((candidate) => {
    const { destination, kind, linkTarget, absolute, origin } = candidate;
    const hashed = byCandidate.get(candidate);
    const digest = linkTarget === undefined ? hashed?.digest : digestOf(linkTarget);
    const file = Object.freeze({
      destination,
      kind,
      executable: hashed?.executable ?? false,
      size: hashed?.size ?? 0,
      digest,
      linkTarget,
    });
    return { file, absolute, origin };
  });
}

/** Sorts by destination; the same file twice is one, two different ones are a conflict. */
function mergeFiles(placed: readonly PlacedFile[]): readonly PlacedFile[] {
  const byDestination = new Map<string, PlacedFile>();
  for (const entry of placed) {
    const { file } = entry;
    const before = byDestination.get(file.destination);
    if (before === undefined) byDestination.set(file.destination, entry);
    else if (
      before.file.kind !== file.kind ||
      before.file.digest !== file.digest ||
      before.file.executable !== file.executable
    ) {
      throw clash(file.destination, before, entry, "both write");
    }
  }
  for (const entry of byDestination.values()) {
    const { destination } = entry.file;
    for (let slash = destination.lastIndexOf("/"); slash > 0; slash = destination.lastIndexOf("/", slash - 1)) {
      const parent = byDestination.get(destination.slice(0, slash));
      if (parent !== undefined && parent.file.kind !== "directory")
        throw clash(parent.file.destination, parent, entry, "need as file and as folder");
    }
  }
  return [...byDestination.values()].sort((a, b) => compareBytes(a.file.destination, b.file.destination));
}

function clash(destination: string, a: PlacedFile, b: PlacedFile, what: string): ImageSpecError {
  const message = `${a.origin} and ${b.origin} ${what} "${destination}", from "${a.absolute}" and "${b.absolute}"`;
  return new ImageSpecError("SPEC_CONFLICT", message, {
    hint: "give one of them another destination",
    details: { destination, path: b.origin },
    problems: [{ code: "SPEC_CONFLICT", path: b.origin, message, hint: "give one of them another destination" }],
  });
}

function joinDestination(folder: string, path: string): string {
  return folder === "/" ? `/${path}` : `${folder}/${path}`;
}
