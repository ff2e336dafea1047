import type { ContextEntry } from "./context-entry.ts";
import { directoryEntry } from "./text-entry.ts";

/** A build context in the making: each path once, with the folders above it. */
export class BuildContext {
  readonly #entries = new Map<string, ContextEntry>();

  add(...entries: readonly ContextEntry[]): void {
    for (const entry of entries) this.#entries.set(entry.path, entry);
  }

  /** Sorted by path. */
  get entries(): readonly ContextEntry[] {
    const all = new Map(this.#entries);
    for (const path of this.#entries.keys()) {
      for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
        const parent = path.slice(0, end);
        if (!all.has(parent)) all.set(parent, directoryEntry(parent));
      }
    }
    return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}
