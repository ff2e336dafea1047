import { spawnSync } from "node:child_process";

/**
 * Files below a folder that are untracked and ignored, as git prints them: names that it quotes match no path. Nothing without
 * git or without a repository.
 */
export function gitIgnored(folder: string): ReadonlySet<string> {
  const { status, stdout } = spawnSync("git", ["ls-files", "-io", "--exclude-standard"], {
    cwd: folder,
    maxBuffer: 256 * 1024 * 1024,
    stdio: ["ignore", "pipe", "ignore"],
  });
  if (status !== 0) return new Set();
  return new Set(stdout.toString("utf8").split("\n").slice(0, -1));
}
