/** Folders that belong to the system: as a workdir they stay as they are. */
const systemFolders: ReadonlySet<string> = new Set(
  [
    "",
    "bin",
    "boot",
    "dev",
    "etc",
    "home",
    "lib",
    "lib64",
    "media",
    "mnt",
    "opt",
    "proc",
    "root",
    "run",
    "sbin",
  ].concat(
    ["srv", "sys", "tmp", "usr", "usr/bin", "usr/lib", "usr/local", "usr/local/bin", "usr/local/lib", "usr/src"],
    ["var", "var/lib", "var/tmp"],
  ),
);

/** Whether the workdir is a folder of its own, which can be given to the user. */
export function isOwnWorkdir(workdir: string): boolean {
  return !systemFolders.has(relativePath(workdir));
}

/** Relative to the root of the image. */
export function relativePath(absolute: string): string {
  return absolute
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}
