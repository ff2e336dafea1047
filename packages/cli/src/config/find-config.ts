import { access } from "node:fs/promises";
import { dirname, join } from "node:path";

/** The names that a configuration file may have; the first one wins. */
export const configNames: readonly string[] = ["ts", "mts", "js", "mjs", "json", "yaml"].map(
  (ending) => `imagespec.config.${ending}`,
);

/**
 * The nearest configuration file at or above a folder, up to the root of its git repository. Outside of a repository only the
 * folder itself is looked at: a configuration may be code, and what lies further up need not belong to the user.
 */
export async function findConfig(folder: string): Promise<string | undefined> {
  const folders = await foldersUpToRepository(folder);
  for (const candidate of folders.flatMap((parent) => configNames.map((name) => join(parent, name)))) {
    if (await exists(candidate)) return candidate;
  }
  return undefined;
}

async function foldersUpToRepository(folder: string): Promise<readonly string[]> {
  const folders: string[] = [];
  for (let current = folder; ; current = dirname(current)) {
    folders.push(current);
    if (await exists(join(current, ".git"))) return folders;
    if (dirname(current) === current) return [folder];
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
