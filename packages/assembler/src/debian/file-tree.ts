import { ImageSpecError } from "@imagespec/errors";
import { comparePaths, parentPaths } from "./package-path.ts";

interface NodeBase {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds. */
  readonly mtime: number;
  /** Package that brought it; undefined for what is generated. */
  readonly owner?: string | undefined;
}

export type FileNode = NodeBase & { readonly type: "file"; readonly content: Buffer };
export type DirectoryNode = NodeBase & { readonly type: "directory" };
export type SymlinkNode = NodeBase & { readonly type: "symlink"; readonly target: string };
/** Target is a path of the tree. */
export type HardlinkNode = NodeBase & { readonly type: "hardlink"; readonly target: string };
export type TreeNode = FileNode | DirectoryNode | SymlinkNode | HardlinkNode;

export interface NodeOptions {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

const maxLinks = 40;

/** The file tree that is being put together: relative paths to what is there. */
export class FileTree {
  readonly #nodes = new Map<string, TreeNode>();
  /** Modification time of everything that no package dates, in seconds. */
  readonly mtime: number;

  constructor(mtime: number) {
    this.mtime = mtime;
  }

  get size(): number {
    return this.#nodes.size;
  }

  has(path: string): boolean {
    return this.#nodes.has(path);
  }

  get(path: string): TreeNode | undefined {
    return this.#nodes.get(path);
  }

  set(path: string, node: TreeNode): void {
    this.#nodes.set(path, node);
  }

  delete(path: string): void {
    this.#nodes.delete(path);
  }

  /** In insertion order; safe against changes during the iteration. */
  entries(): readonly (readonly [string, TreeNode])[] {
    return [...this.#nodes];
  }

  /** Paths in byte order. */
  sortedPaths(): readonly string[] {
    return [...this.#nodes.keys()].sort(comparePaths);
  }

  /** Paths directly or deeper below a folder, in byte order. */
  pathsBelow(folder: string): readonly string[] {
    return [...this.#nodes.keys()].filter((path) => path.startsWith(`${folder}/`)).sort(comparePaths);
  }

  /** Adds a folder unless something has that path. */
  addDirectory(path: string, options: NodeOptions = {}): void {
    if (this.has(path)) return;
    this.#addParents(path);
    this.set(path, { type: "directory", ...this.#metadata(0o755, options) });
  }

  /** Writes a generated file, over whatever is there. */
  writeFile(path: string, content: string | Uint8Array, options: NodeOptions = {}): void {
    this.#addParents(path);
    const bytes = typeof content === "string" ? Buffer.from(content) : Buffer.from(content);
    this.set(path, { type: "file", content: bytes, ...this.#metadata(0o644, options) });
  }

  /** Writes a generated symbolic link, over whatever is there. */
  writeLink(path: string, target: string): void {
    this.#addParents(path);
    this.set(path, { type: "symlink", target, ...this.#metadata(0o777, {}) });
  }

  /** Creates an empty file unless something has that path. */
  touch(path: string, options: NodeOptions = {}): void {
    if (!this.has(path)) this.writeFile(path, "", options);
  }

  /** Copies a file with its metadata unless the target exists; a source that is not there is no error. */
  copyFile(from: string, to: string): void {
    const node = this.get(from);
    if (node?.type !== "file" || this.has(to)) return;
    this.#addParents(to);
    this.set(to, { ...node, owner: undefined });
  }

  /**
   * Text of a file.
   *
   * @throws DEBIAN_SCRIPT when it is not there: an emulation counts on it.
   */
  text(path: string): string {
    const node = this.get(path);
    if (node?.type === "file") return node.content.toString("utf8");
    throw new ImageSpecError(
      "DEBIAN_SCRIPT",
      `file "${path}", which a maintainer script reads, is not in any package`,
      {
        hint: "report this with the list of packages: the emulation of the script has to be revised",
      },
    );
  }

  /** Real path behind symbolic links, also in the folders above; undefined when it is not in the tree. */
  resolve(path: string): string | undefined {
    let rest = path.split("/");
    let real: string[] = [];
    for (let links = 0; ; ) {
      const part = rest.shift();
      if (part === undefined) return real.join("/");
      if (part === "" || part === ".") continue;
      if (part === "..") {
        real.pop();
        continue;
      }
      const node = this.get([...real, part].join("/"));
      if (node === undefined) return undefined;
      if (node.type !== "symlink") {
        real.push(part);
        continue;
      }
      if (++links > maxLinks) return undefined;
      if (node.target.startsWith("/")) real = [];
      rest = [...node.target.split("/"), ...rest];
    }
  }

  /** The regular file behind a path, through symbolic and hard links. */
  fileAt(path: string): FileNode | undefined {
    const real = this.resolve(path);
    let node = real === undefined ? undefined : this.get(real);
    for (let links = 0; node?.type === "hardlink" && links < maxLinks; links++) node = this.get(node.target);
    return node?.type === "file" ? node : undefined;
  }

  /** Adds the folders above every path that no package brought. */
  completeParents(): void {
    for (const path of [...this.#nodes.keys()]) this.#addParents(path);
  }

  #addParents(path: string): void {
    for (const parent of parentPaths(path)) {
      if (!this.has(parent)) this.set(parent, { type: "directory", ...this.#metadata(0o755, {}) });
    }
  }

  #metadata(mode: number, options: NodeOptions): NodeBase {
    return { mode: options.mode ?? mode, uid: options.uid ?? 0, gid: options.gid ?? 0, mtime: this.mtime };
  }
}
