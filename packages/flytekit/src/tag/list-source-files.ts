import { lstatSync, readdirSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { dockerIgnore } from "./docker-ignore.ts";
import { gitIgnored } from "./git-ignored.ts";
import { pythonJoin, tidyPath } from "./python-path.ts";
import { isStandardIgnored } from "./standard-ignore.ts";
import { statEntry } from "./stat-entry.ts";

/**
 * The files that flytekit takes from a source root: all but those that an ignore rule names, links to files as files. Paths begin
 * with the root as it is written.
 *
 * @param folder where relative roots are looked up
 * @throws FLYTEKIT_TAG for a `.dockerignore` that its reader there stumbles over
 */
export function listSourceFiles(root: string, folder: string): readonly string[] {
  const place = isAbsolute(root) ? root : join(folder, root);
  const ignored = gitIgnored(place);
  const isDockerIgnored = dockerIgnore(place);
  const files: string[] = [];
  const visit = (path: string, absolute: string): void => {
    const folders: string[] = [];
    for (const entry of entriesOf(absolute)) {
      const below = pythonJoin(path, entry);
      const real = join(absolute, entry);
      const stats = statEntry(real);
      if (stats?.isDirectory() === true) {
        if (entry !== ".git" && !isLink(real)) folders.push(entry);
      } else if (stats !== undefined && !stats.isSocket()) {
        // Rules see paths below the root only where the root is absolute.
        const tested = isAbsolute(below) ? relative(root, below) : below;
        if (!ignored.has(tidyPath(tested)) && !isDockerIgnored(tested) && !isStandardIgnored(tested)) files.push(below);
      }
    }
    for (const entry of folders) visit(pythonJoin(path, entry), join(absolute, entry));
  };
  visit(root, place);
  return files;
}

/** What cannot be listed is passed over, as `os.walk` does. */
function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error) return [];
    throw error;
  }
}

function isLink(path: string): boolean {
  return lstatSync(path).isSymbolicLink();
}
