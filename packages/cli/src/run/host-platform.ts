import { arch } from "node:os";
import { formatPlatform, parsePlatform } from "@imagespec/oci";

/** What containers on this machine are for. */
export function hostPlatform(): string {
  return formatPlatform(parsePlatform(`linux/${arch()}`));
}
