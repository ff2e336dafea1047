import { type TarHeader, tarHeader, tarPadding, tarTrailer } from "@imagespec/image-store";
import type { FileTree, TreeNode } from "./file-tree.ts";

/** Small pieces are joined up to this size. */
const pieceSize = 256 * 1024;

/** A tree as plain tar: paths in byte order, of hard links the first is the file, no names of users. */
export async function* layerTar(tree: FileTree): AsyncGenerator<Uint8Array, void, undefined> {
  const nodes = withFirstLinkAsFile(tree);
  let pieces: Uint8Array[] = [];
  let size = 0;
  const add = (piece: Uint8Array): void => {
    pieces.push(piece);
    size += piece.length;
  };
  for (const path of tree.sortedPaths()) {
    const node = nodes.get(path) ?? tree.get(path);
    if (node === undefined) continue;
    add(tarHeader(headerOf(path, node)));
    if (node.type === "file" && node.content.length > 0) {
      add(node.content);
      add(tarPadding(node.content.length));
    }
    if (size < pieceSize) continue;
    yield Buffer.concat(pieces);
    pieces = [];
    size = 0;
  }
  add(tarTrailer);
  yield Buffer.concat(pieces);
}

function headerOf(path: string, node: TreeNode): TarHeader {
  const { type, mode, uid, gid, mtime } = node;
  const size = node.type === "file" ? node.content.length : 0;
  const common = { type, mode, uid, gid, mtime, size };
  if (node.type === "symlink" || node.type === "hardlink") return { path, ...common, linkPath: node.target };
  return { path, ...common };
}

/** Nodes that change so that a hard link never comes before its file. */
function withFirstLinkAsFile(tree: FileTree): ReadonlyMap<string, TreeNode> {
  const groups = new Map<string, string[]>();
  for (const path of tree.sortedPaths()) {
    const node = tree.get(path);
    if (node?.type !== "hardlink") continue;
    let file = node.target;
    for (let next = tree.get(file); next?.type === "hardlink"; next = tree.get(file)) file = next.target;
    const group = groups.get(file);
    if (group === undefined) groups.set(file, [file, path]);
    else group.push(path);
  }
  const changed = new Map<string, TreeNode>();
  for (const [file, paths] of groups) {
    const node = tree.get(file);
    const [first = file, ...others] = paths.sort();
    if (node?.type !== "file") continue;
    changed.set(first, node);
    const { content: _, ...metadata } = node;
    for (const path of others) changed.set(path, { ...metadata, type: "hardlink", target: first });
  }
  return changed;
}
