import { tarHeader, tarPadding, tarTrailer } from "@imagespec/image-store";

/** A file of a layer. Paths are relative, without a slash at either end. */
export type LayerEntry = {
  readonly path: string;
  readonly mode: number;
  /** @default 0 */
  readonly uid?: number;
  /** @default 0 */
  readonly gid?: number;
} & (
  | { readonly type: "directory" }
  | { readonly type: "file"; readonly content: Uint8Array | string }
  | { readonly type: "symlink"; readonly target: string }
);

/** A plain tar of entries, in the order of their paths, with times at the epoch. */
export function tarOf(entries: readonly LayerEntry[]): Buffer {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
  const pieces = sorted.flatMap((entry) => {
    const { type, mode, uid = 0, gid = 0 } = entry;
    const bytes = Buffer.from(entry.type === "file" ? entry.content : "");
    const path = type === "directory" ? `${entry.path}/` : entry.path;
    const header = { path, type, mode, uid, gid, mtime: 0, size: bytes.length };
    return [
      tarHeader(entry.type === "symlink" ? { ...header, linkPath: entry.target } : header),
      bytes,
      tarPadding(bytes.length),
    ];
  });
  return Buffer.concat([...pieces, tarTrailer]);
}
