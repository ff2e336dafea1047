import { type TarHeader, tarHeader, tarPadding, tarTrailer } from "@imagespec/image-store";

/** A file for {@link tarOf}; a folder when its path ends in a slash, a link when it has a target. */
export interface TestEntry {
  readonly path: string;
  readonly content?: string | Uint8Array;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly link?: string;
}

/** A plain tar. */
export function tarOf(entries: readonly TestEntry[]): Buffer {
  const parts = entries.flatMap(({ path, content = "", mode, uid = 0, gid = 0, link }) => {
    const type: TarHeader["type"] = link !== undefined ? "symlink" : path.endsWith("/") ? "directory" : "file";
    const bytes = Buffer.from(content);
    const size = type === "file" ? bytes.length : 0;
    const usual = type === "file" ? 0o644 : 0o755;
    const header = { path, type, mode: mode ?? usual, uid, gid, size, mtime: 0 };
    return [tarHeader(link === undefined ? header : { ...header, linkPath: link }), bytes, tarPadding(size)];
  });
  return Buffer.concat([...parts, tarTrailer]);
}
