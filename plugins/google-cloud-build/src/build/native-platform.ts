/** Platforms that Cloud Build has machines of. */
export const nativePlatforms: readonly string[] = ["linux/amd64"];

/** Whether a platform is run without emulation. */
export function isNative(platform: string): boolean {
  return nativePlatforms.includes(platform);
}
