import { homedir } from "node:os";
import { posix, win32 } from "node:path";

/**
 * The folder of imagespec's cache and local images: `$IMAGESPEC_CACHE_DIR`, else `$XDG_CACHE_HOME/imagespec`, else the place
 * that the operating system has for caches. Empty variables count as absent, a relative `XDG_CACHE_HOME` too (as its
 * specification says).
 *
 * @default the environment, platform and home folder of this process
 */
export function defaultCacheFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  const path = platform === "win32" ? win32 : posix;
  const own = env["IMAGESPEC_CACHE_DIR"];
  if (own !== undefined && own !== "") return path.resolve(own);
  const xdg = env["XDG_CACHE_HOME"];
  if (xdg !== undefined && path.isAbsolute(xdg)) return path.join(xdg, "imagespec");
  if (platform === "darwin") return path.join(home, "Library", "Caches", "imagespec");
  if (platform === "win32") return path.join(env["LOCALAPPDATA"] || path.join(home, "AppData", "Local"), "imagespec");
  return path.join(home, ".cache", "imagespec");
}
