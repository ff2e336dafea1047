import { ImageSpecError } from "@imagespec/errors";
import type { Digest } from "@imagespec/oci";
import type { LayerContent, LayerEntry } from "./layer-entry.ts";
import { isUnsafePart, LayerTree } from "./layer-tree.ts";
import type { Placement } from "./placement.ts";

/** A file, folder or link of a source tree. */
export interface SourceEntryFile {
  /** Absolute destination in the image. */
  readonly destination: string;
  readonly kind: "file" | "directory" | "symlink";
  readonly executable: boolean;
  /** Bytes. */
  readonly size: number;
  readonly digest: Digest | undefined;
  readonly linkTarget: string | undefined;
}

export interface SourceEntryOptions<File extends SourceEntryFile> {
  readonly placement: Placement;
  /** Absolute. */
  readonly workdir: string;
  /** To whom the workdir and all below it belong; nothing for a folder of the system, which stays root's. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  readonly open: (file: File) => LayerContent["open"];
}

const root = { uid: 0, gid: 0 } as const;

/**
 * The entries of the layer that holds a source tree: the same files give the same entries whoever writes the layer.
 *
 * @throws SPEC_SOURCE_UNSUPPORTED for names that a layer cannot hold
 */
export function sourceEntries<File extends SourceEntryFile>(
  files: readonly File[],
  { placement, workdir: folder, owner, open }: SourceEntryOptions<File>,
): readonly LayerEntry[] {
  const tree = new LayerTree(placement);
  const workdir = relativePath(folder);
  if (owner !== undefined && files.some(({ destination }) => isBelow(relativePath(destination), workdir)))
    tree.addFolder(workdir, { mode: 0o755, ...owner });
  for (const file of files) {
    const path = relativePath(file.destination);
    if (path === "") continue;
    assertSafe(path);
    const isOwn = path === workdir || isBelow(path, workdir);
    // What is outside of the workdir is the image's, as with COPY.
    const ids = isOwn && owner !== undefined ? owner : root;
    if (ids === owner)
      for (const between of foldersBetween(workdir, path)) addOwnFolder(tree, placement, between, owner);
    if (file.kind === "directory" && !isOwn) tree.addFolder(path);
    else tree.add(entryOf(file, path, ids, open));
  }
  return tree.sorted();
}

/** Relative to the root of the image. */
function relativePath(absolute: string): string {
  return absolute.replace(/^\/+|\/+$/g, "");
}

/** The folders above a path that are below another folder, outermost first: the source tree need not list them. */
function foldersBetween(folder: string, path: string): readonly string[] {
  const parts = path.split("/");
  return parts.map((_, index) => parts.slice(0, index).join("/")).filter((parent) => isBelow(parent, folder));
}

/** A folder that comes into being with the source is the user's; one of the base that is special stays so. */
function addOwnFolder(
  tree: LayerTree,
  placement: Placement,
  folder: string,
  owner: { readonly uid: number; readonly gid: number },
): void {
  const real = placement.folder(folder);
  if (tree.get(real) !== undefined) return;
  const { mode, uid, gid } = placement.attributes(real);
  const isPlain = mode === 0o755 && uid === 0 && gid === 0;
  tree.addFolder(folder, isPlain ? { mode, ...owner } : { mode, uid, gid });
}

function entryOf<File extends SourceEntryFile>(
  file: File,
  path: string,
  ids: { readonly uid: number; readonly gid: number },
  open: SourceEntryOptions<File>["open"],
): LayerEntry {
  if (file.kind === "directory") return { type: "directory", path, mode: 0o755, ...ids };
  if (file.kind === "symlink") return { type: "symlink", path, mode: 0o777, ...ids, target: file.linkTarget ?? "" };
  const content = { size: file.size, digest: file.digest, open: open(file) };
  return { type: "file", path, mode: file.executable ? 0o755 : 0o644, ...ids, content };
}

function isBelow(path: string, folder: string): boolean {
  return folder === "" || path.startsWith(`${folder}/`);
}

function assertSafe(path: string): void {
  if (!path.split("/").some(isUnsafePart)) return;
  throw new ImageSpecError("SPEC_SOURCE_UNSUPPORTED", `"/${path}" cannot be a file of an image`, {
    hint: "rename it, or ignore it in .dockerignore: names that start with .wh. delete files of other layers",
  });
}
