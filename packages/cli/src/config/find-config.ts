import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The names that a configuration file may have; the first one wins. */
export const configNames: readonly string[] = ["ts", "mts", "js", "mjs", "json", "yaml"].map(
  (ending) => `imagespec.config.${ending}`,
);

/**
 * The nearest configuration file at or above a folder, up to the root of its git repository. Outside of a repository only the
 * folder itself is looked at: a configuration may be code, and what lies further up need not belong to the user.
 */
export function findConfig(folder: string): string | undefined {
  return foldersUpToRepository(folder)
    .flatMap((parent) => configNames.map((name) => join(parent, name)))
    .find((candidate) => existsSync(candidate));
}

function foldersUpToRepository(folder: string): readonly string[] {
  const folders: string[] = [];
  for (let current = folder; ; current = dirname(current)) {
    folders.push(current);
    if (existsSync(join(current, ".git"))) return folders;
    if (dirname(current) === current) return [folder];
  }
}
