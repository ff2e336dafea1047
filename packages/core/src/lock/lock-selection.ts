import { ImageSpecError, suggest } from "@imagespec/errors";

/** What to install of a project's lock. */
export interface LockSelection {
  readonly groups: readonly string[];
  readonly extras: readonly string[];
}

/** @throws SPEC_VALUE for a group or extra that the lock does not have */
export function checkSelection(
  selection: LockSelection,
  known: { readonly groups: Iterable<string>; readonly extras: Iterable<string> },
  file: string,
): void {
  for (const field of ["groups", "extras"] as const) {
    const names = [...known[field]];
    for (const [index, name] of selection[field].entries()) {
      if (names.includes(name)) continue;
      const meant = suggest(name, names);
      const what = field === "groups" ? "dependency group" : "extra";
      const path = `requirements.${field}[${index}]`;
      const message = `"${file}" has no ${what} "${name}"`;
      const list = names.length === 0 ? `remove it: the lock has no ${field}` : `use one of ${names.sort().join(", ")}`;
      const hint = meant === undefined ? list : `did you mean "${meant}"?`;
      throw new ImageSpecError("SPEC_VALUE", `${path}: ${message}`, {
        hint,
        details: { file, path },
        problems: [{ code: "SPEC_VALUE", path, message, hint }],
      });
    }
  }
}
