import { type Stats, statSync } from "node:fs";
import { systemCodeOf } from "@imagespec/errors";

/** What a path leads to; nothing when it leads nowhere, in a circle, or where nobody may look: as `os.path.exists` has it. */
export function statEntry(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    return undefined;
  }
}
