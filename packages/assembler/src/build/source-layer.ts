import { isOwnWorkdir, type ResolvedImageSpec, type SourceFile } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import type { ImageUser } from "../image/image-user.ts";
import type { LayerEntry } from "../layer/layer-entry.ts";
import { isUnsafePart, LayerTree } from "../layer/layer-tree.ts";
import { tarPieces } from "../layer/tar-pieces.ts";
import { writeLayer } from "../layer/write-layer.ts";
import type { Placement } from "../placement/placement.ts";
import type { BuildContext } from "./build-context.ts";
import { type BuiltLayer, builtLayer } from "./built-layer.ts";
import { entryInputs } from "./entry-inputs.ts";
import { relativePath } from "./skeleton-layer.ts";

/** The layer of the source files; nothing when there are none. @throws SOURCE_CHANGED, SPEC_SOURCE_UNSUPPORTED */
export async function sourceLayer(
  context: BuildContext,
  user: ImageUser,
  placement: Placement,
): Promise<BuiltLayer | undefined> {
  const { spec, content, encoder, scope, writers } = context;
  const { files } = spec.source;
  if (files.length === 0) return undefined;
  const tree = new LayerTree(placement);
  const workdir = relativePath(spec.workdir);
  const owner = { uid: user.uid, gid: user.gid } as const;
  if (isOwnWorkdir(spec.workdir) && files.some(({ destination }) => isBelow(relativePath(destination), workdir)))
    tree.addFolder(workdir, { mode: 0o755, ...owner });
  for (const file of files) {
    const path = relativePath(file.destination);
    if (path === "") continue;
    assertSafe(path);
    const isOwn = path === workdir || isBelow(path, workdir);
    // What is outside of the workdir is the image's, as with COPY.
    const ids = isOwn && isOwnWorkdir(spec.workdir) ? owner : { uid: 0, gid: 0 };
    if (ids === owner) for (const folder of foldersBetween(workdir, path)) addOwnFolder(tree, placement, folder, owner);
    if (file.kind === "directory" && !isOwn) tree.addFolder(path);
    else tree.add(entryOf(spec, file, path, ids));
  }
  const sorted = tree.sorted();
  const parts = { kind: "source", comment: `source, ${files.length} files`, inputs: entryInputs(sorted) };
  return builtLayer(context, parts, () =>
    writers(() => writeLayer(tarPieces(sorted), { content, encoder, signal: scope.signal })),
  );
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

function entryOf(
  spec: ResolvedImageSpec,
  file: SourceFile,
  path: string,
  ids: { readonly uid: number; readonly gid: number },
): LayerEntry {
  if (file.kind === "directory") return { type: "directory", path, mode: 0o755, ...ids };
  if (file.kind === "symlink") return { type: "symlink", path, mode: 0o777, ...ids, target: file.linkTarget ?? "" };
  const content = { size: file.size, digest: file.digest, open: () => spec.source.open(file) };
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
