import { formatPlatform, normalizePlatform, parsePlatform } from "@imagespec/oci";

/** Whether two texts mean one platform: `linux/arm64/v8` is what `linux/arm64` means. */
export function isSamePlatform(a: string | undefined, b: string): boolean {
  return a !== undefined && (a === b || canonical(a) === canonical(b));
}

function canonical(text: string): string {
  return formatPlatform(normalizePlatform(parsePlatform(text)));
}
