import type { FileTree } from "../file-tree.ts";
import type { Alternative } from "../maintainer-script.ts";

/** What an emulation of a maintainer script may touch. */
export interface EmulationContext {
  /** Holds the files of all packages. */
  readonly tree: FileTree;
  readonly packageName: string;
  /** Whether a package is part of the closure. */
  hasPackage(name: string): boolean;
  addAlternative(alternative: Alternative): void;
}

/** Does to the tree what a maintainer script would do on a fresh install. */
export type Emulation = (context: EmulationContext) => void;
