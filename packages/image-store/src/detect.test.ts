import { expect, it } from "vitest";
import { defaultCacheFolder } from "./index.ts";

it.each<[Record<string, string>, NodeJS.Platform, string, string]>([
  [{ IMAGESPEC_CACHE_DIR: "/big/cache", XDG_CACHE_HOME: "/xdg" }, "linux", "/home/a", "/big/cache"],
  [{ IMAGESPEC_CACHE_DIR: "", XDG_CACHE_HOME: "/xdg" }, "linux", "/home/a", "/xdg/imagespec"],
  [{ XDG_CACHE_HOME: "relative" }, "linux", "/home/a", "/home/a/.cache/imagespec"],
  [{}, "linux", "/home/a", "/home/a/.cache/imagespec"],
  [{}, "darwin", "/Users/a", "/Users/a/Library/Caches/imagespec"],
  [{ XDG_CACHE_HOME: "/xdg" }, "darwin", "/Users/a", "/xdg/imagespec"],
  [
    { LOCALAPPDATA: "C:\\Users\\a\\AppData\\Local" },
    "win32",
    "C:\\Users\\a",
    "C:\\Users\\a\\AppData\\Local\\imagespec",
  ],
  [{}, "win32", "C:\\Users\\a", "C:\\Users\\a\\AppData\\Local\\imagespec"],
])("with %j on %s the cache of %s is %s", (env, platform, home, expected) => {
  expect(defaultCacheFolder(env, platform, home)).toBe(expected);
});
