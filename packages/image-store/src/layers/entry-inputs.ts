import { ImageSpecError } from "@imagespec/errors";
import type { LayerEntry } from "./layer-entry.ts";

/** Everything about entries that decides the bytes of their layer, for its key. The digests of all files must be known. */
export function entryInputs(entries: readonly LayerEntry[]): readonly string[] {
  return entries.map((entry) => {
    const { path, type, mode, uid, gid } = entry;
    return JSON.stringify([path, type, mode, uid, gid, whatIs(entry)]);
  });
}

function whatIs(entry: LayerEntry): string {
  if (entry.type === "symlink") return entry.target;
  if (entry.type === "directory") return "";
  const { digest } = entry.content;
  if (digest === undefined) throw new ImageSpecError("INTERNAL", `the digest of "/${entry.path}" is not known`);
  return digest;
}
