import type { StoredContent } from "../content/content-store.ts";

/** Chooses what to remove of the content that nothing needs. */
export function chooseGarbage(
  unneeded: readonly StoredContent[],
  limits: { readonly usedBefore: Date; readonly maxBytes: number },
): readonly StoredContent[] {
  const oldestFirst = unneeded.toSorted((a, b) => a.lastUsed.getTime() - b.lastUsed.getTime());
  let bytes = unneeded.reduce((sum, { size }) => sum + size, 0);
  return oldestFirst.filter(({ lastUsed, size }) => {
    if (lastUsed > limits.usedBefore && bytes <= limits.maxBytes) return false;
    bytes -= size;
    return true;
  });
}
