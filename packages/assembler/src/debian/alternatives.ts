import type { FileTree } from "./file-tree.ts";
import type { Alternative } from "./maintainer-script.ts";
import { packagePath } from "./package-path.ts";

/**
 * Makes the links of update-alternatives in automatic mode: of each name the highest priority wins, and a slave is linked
 * only when its target is there.
 */
export function linkAlternatives(
  tree: FileTree,
  alternatives: readonly Alternative[],
  isOmitted: (path: string) => boolean,
): void {
  const best = new Map<string, Alternative>();
  for (const candidate of alternatives) {
    const current = best.get(candidate.name);
    if (
      current === undefined ||
      candidate.priority > current.priority ||
      (candidate.priority === current.priority && candidate.path < current.path)
    ) {
      best.set(candidate.name, candidate);
    }
  }
  const link = (generic: string, name: string, target: string): void => {
    const path = packagePath(generic);
    if (isOmitted(path)) return;
    tree.writeLink(`etc/alternatives/${name}`, target);
    tree.writeLink(path, `/etc/alternatives/${name}`);
  };
  for (const { link: generic, name, path, slaves } of best.values()) {
    link(generic, name, path);
    for (const slave of slaves) if (tree.has(packagePath(slave.path))) link(slave.link, slave.name, slave.path);
  }
}
