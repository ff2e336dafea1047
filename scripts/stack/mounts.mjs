import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Unmounts everything below a folder, the deepest first: what a killed daemon or bring-up left. */
export function unmountBelow(folder) {
  const points = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1])
    .filter((point) => point?.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length);
  for (const point of points) execFileSync("umount", ["--lazy", point]);
  return points.length;
}
