import { ImageSpecError } from "@imagespec/errors";
import { readTar, type TarEntry } from "@imagespec/image-store";
import { parseControlParagraph } from "./control-file.ts";
import type { DebFile } from "./deb-file.ts";
import type { DebianLockPackage } from "./debian-lock.ts";
import type { FileTree } from "./file-tree.ts";
import { isAliasPath, packagePath, relativePath } from "./package-path.ts";

/** The control archive of a package: its files by name. */
export interface UnpackedPackage {
  readonly name: string;
  readonly version: string;
  readonly control: ReadonlyMap<string, Buffer>;
}

/** Control files beyond this are no control files. */
const maxControlFileSize = 8 * 1024 * 1024;

/**
 * Puts the files of a package into the tree, as dpkg would on an empty system of which /usr is merged.
 *
 * @throws DEBIAN_INDEX for a damaged or hostile package, one that is not what the lock says, and for a file that another
 * package has brought.
 */
export async function unpackPackage(
  deb: DebFile,
  expected: DebianLockPackage,
  tree: FileTree,
  isOmitted: (path: string) => boolean,
): Promise<UnpackedPackage> {
  const control = await readControl(deb.control);
  requireIdentity(control, expected);
  for await (const entry of readTar(deb.data)) await addEntry(entry, expected.name, tree, isOmitted);
  return { name: expected.name, version: expected.version, control };
}

async function readControl(tar: AsyncIterable<Uint8Array>): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for await (const { header, content } of readTar(tar)) {
    const name = relativePath(header.path);
    if (header.type === "file" && header.size <= maxControlFileSize)
      files.set(name, await collect(content, header.size));
  }
  return files;
}

function requireIdentity(control: ReadonlyMap<string, Buffer>, expected: DebianLockPackage): void {
  const fields = parseControlParagraph(control.get("control")?.toString("utf8") ?? "");
  for (const [field, wanted] of [
    ["Package", expected.name],
    ["Version", expected.version],
    ["Architecture", expected.architecture],
  ] as const) {
    const found = fields.get(field);
    if (found !== wanted) {
      throw refused(expected.name, `states ${field} "${found ?? ""}" where its index says "${wanted}"`);
    }
  }
}

async function addEntry(
  { header, content }: TarEntry,
  owner: string,
  tree: FileTree,
  isOmitted: (path: string) => boolean,
): Promise<void> {
  const raw = relativePath(header.path);
  if (raw === "") return;
  if (isAliasPath(raw)) {
    // The link itself is made for every tree.
    if (header.type === "directory" || (header.type === "symlink" && header.linkPath === `usr/${raw}`)) return;
    throw refused(owner, `has an entry "${raw}" that is not a link to "usr/${raw}"`);
  }
  const path = packagePath(raw);
  if (isOmitted(path)) return;
  const previous = tree.get(path);
  if (previous !== undefined) {
    // As for dpkg, the first package decides about a folder, and a link to a folder stays.
    if (header.type === "directory" && (previous.type === "directory" || previous.type === "symlink")) return;
    throw refused(owner, `brings "${path}", which package "${previous.owner ?? "?"}" has brought`);
  }
  const node = { mode: header.mode & 0o7777, uid: header.uid, gid: header.gid, mtime: header.mtime, owner };
  const target = header.linkPath ?? "";
  switch (header.type) {
    case "file":
      tree.set(path, { type: "file", ...node, content: await collect(content, header.size) });
      return;
    case "directory":
      tree.set(path, { type: "directory", ...node });
      return;
    case "symlink":
      tree.set(path, { type: "symlink", ...node, target });
      return;
    case "hardlink": {
      // Only what is there already: links that point at each other would have no file.
      const file = packagePath(target);
      const type = tree.get(file)?.type;
      if (type !== "file" && type !== "hardlink")
        throw refused(owner, `has the hard link "${path}" that points to nothing: "${file}" is no file before it`);
      tree.set(path, { type: "hardlink", ...node, target: file });
      return;
    }
    default:
      throw refused(owner, `has the ${header.type} "${path}"`);
  }
}

/** Copies into one buffer of the exact size, so that no larger buffer of the decoder is kept alive. */
async function collect(content: AsyncIterable<Uint8Array>, size: number): Promise<Buffer> {
  const bytes = Buffer.from(new ArrayBuffer(size));
  let position = 0;
  for await (const piece of content) {
    bytes.set(piece, position);
    position += piece.length;
  }
  return bytes;
}

function refused(name: string, what: string): ImageSpecError {
  return new ImageSpecError("DEBIAN_INDEX", `Debian package "${name}" ${what}`, {
    hint: "remove the package from the request, or refresh the lock",
    details: { package: name },
  });
}
