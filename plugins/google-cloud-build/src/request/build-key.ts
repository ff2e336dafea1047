import { createHash, randomBytes } from "node:crypto";
import type { BuildMessage } from "../client/build-message.ts";

/** A tag of builds that do the same: joined while they run. One of a forced build is like no other. */
export function buildKey(message: Omit<BuildMessage, "tags">, { force }: { readonly force: boolean }): string {
  const hash = createHash("sha256").update(JSON.stringify(message));
  if (force) hash.update(randomBytes(16));
  return `imagespec-${hash.digest("hex").slice(0, 40)}`;
}
