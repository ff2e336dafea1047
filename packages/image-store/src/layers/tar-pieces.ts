import { tarHeader, tarPadding, tarTrailer } from "../tar/tar-header.ts";
import type { LayerContent, LayerEntry } from "./layer-entry.ts";

/** A part of a plain tar: bytes that are at hand, or the content of a file. */
export type TarPiece = Uint8Array | LayerContent;

/** The plain tar of entries, which must be in the order in which they are to stand. Times are the epoch. */
export function* tarPieces(entries: Iterable<LayerEntry>): Generator<TarPiece> {
  for (const entry of entries) {
    const { path, mode, uid, gid, type } = entry;
    const size = type === "file" ? entry.content.size : 0;
    const linkPath = type === "symlink" ? { linkPath: entry.target } : {};
    yield tarHeader({ path, type, mode, uid, gid, size, mtime: 0, ...linkPath });
    if (type !== "file" || size === 0) continue;
    yield entry.content;
    yield tarPadding(size);
  }
  yield tarTrailer;
}
