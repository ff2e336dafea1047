import { type DebianSuite, debianRelease } from "./debian-release.ts";

/**
 * Named sets of packages a base is made of.
 *
 * `b`: Python with its standard library, CA certificates, time zones, and the Essential packages a shell user expects,
 * without apt, dpkg and perl.
 */
export type DebianSet = "b";

/** Packages that a set asks for, sorted. */
export function debianRoots(suite: DebianSuite, _set: DebianSet, extra: readonly string[] = []): readonly string[] {
  const python = debianRelease(suite).pythonMinor;
  return [
    ...new Set([
      `python${python}-minimal`,
      `libpython${python}-stdlib`,
      "base-files",
      "base-passwd",
      "bash",
      "ca-certificates",
      "coreutils",
      "dash",
      "debianutils",
      "diffutils",
      "findutils",
      "grep",
      "gzip",
      "libc-bin",
      "libgomp1",
      "libstdc++6",
      "mawk",
      "ncurses-base",
      "netbase",
      "sed",
      "tar",
      "tzdata",
      ...extra,
    ]),
  ].sort();
}
