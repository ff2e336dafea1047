import { createHash } from "node:crypto";
import type { ContextEntry } from "./context-entry.ts";

const epochSeconds = 1_600_000_000n;
const spanSeconds = 100_000_000n;

/**
 * The modification time that an entry is given, in nanoseconds since 1970: derived from its content.
 *
 * Daemons take a file of equal size and time for unchanged and do not fetch it again (moby/buildkit issue 2592), so a
 * constant time would leave old content in images.
 */
export function contextTime(entry: ContextEntry): bigint {
  if (entry.kind === "directory") return epochSeconds * 1_000_000_000n;
  const content = entry.kind === "file" ? entry.digest : createHash("sha256").update(entry.linkTarget).digest("hex");
  const number = BigInt(`0x${content.replace("sha256:", "").slice(0, 24)}`);
  const seconds = epochSeconds + (number % spanSeconds);
  // Whole microseconds: what every file system and `utimes` can hold.
  const microseconds = (number / spanSeconds) % 1_000_000n;
  return seconds * 1_000_000_000n + microseconds * 1000n;
}
