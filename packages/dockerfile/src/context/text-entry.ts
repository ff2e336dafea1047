import { digestOf } from "@imagespec/oci";
import type { ContextEntry, ContextFile } from "./context-entry.ts";

/** A file of a context with a given text. */
export function textEntry(path: string, text: string, mode: 0o644 | 0o755 = 0o644): ContextFile {
  const bytes = Buffer.from(text);
  return {
    kind: "file",
    path,
    mode,
    size: bytes.length,
    digest: digestOf(bytes),
    async *open() {
      yield bytes;
    },
  };
}

export function linkEntry(path: string, linkTarget: string): ContextEntry {
  return { kind: "symlink", path, mode: 0o777, linkTarget };
}

export function directoryEntry(path: string): ContextEntry {
  return { kind: "directory", path, mode: 0o755 };
}
