import type { Json } from "../spec/json.ts";
import type { RequirementsKind } from "../spec/normalized-spec.ts";
import type { LockMeaning } from "./lock-meaning.ts";
import type { LockSelection } from "./lock-selection.ts";

/**
 * Reads a lock file of the kind that its name tells.
 *
 * @throws LOCK_INVALID, SPEC_VALUE for groups and extras that it does not have
 */
export async function readLock(
  kind: Exclude<RequirementsKind, "requirements">,
  text: string,
  file: string,
  selection: LockSelection = { groups: [], extras: [] },
  /** The pyproject.toml beside a project's lock. */
  project?: { readonly text: string; readonly path: string },
): Promise<LockMeaning> {
  // Only specs with a lock pay for loading the TOML parser.
  switch (kind) {
    case "pylock":
      return (await import("./pylock.ts")).readPylock(text, file, selection);
    case "uv-lock":
      return (await import("./uv-lock.ts")).readUvLock(text, file, selection, await tables(project, selection));
    case "poetry-lock":
      return (await import("./poetry-lock.ts")).readPoetryLock(text, file, selection, await tables(project, selection));
  }
}

async function tables(
  project: { readonly text: string; readonly path: string } | undefined,
  selection: LockSelection,
): Promise<Json> {
  if (project === undefined) return null;
  return (await import("./project-tables.ts")).projectTables(project.text, project.path, selection);
}
