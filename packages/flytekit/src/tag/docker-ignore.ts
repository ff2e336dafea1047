import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { shellPattern } from "./shell-pattern.ts";
import { statEntry } from "./stat-entry.ts";

interface Rule {
  readonly isException: boolean;
  readonly segments: readonly string[];
  readonly matches: (path: string) => boolean;
}

/**
 * The rules of a folder's `.dockerignore`, as the Docker SDK for Python reads them: the last rule that matches wins, and a rule
 * also counts for what lies below as many folders as it has segments.
 *
 * @throws FLYTEKIT_TAG for a pattern that it stumbles over
 */
export function dockerIgnore(folder: string): (path: string) => boolean {
  const file = join(folder, ".dockerignore");
  const isThere = statEntry(file)?.isFile() === true;
  const text = isThere ? readFileSync(file, "utf8") : "";
  const rules = [...text.split(/\r\n|\r|\n/).filter((line) => !line.startsWith("#")), "!.dockerignore"]
    .map((line) => parseRule(line.trim()))
    .filter(({ segments }) => segments.length > 0);
  return (path) => {
    const parent = dirname(path);
    const folders = parent === "." && !path.startsWith(".") ? [] : segmentsOf(parent);
    let isIgnored = false;
    for (const { isException, segments, matches } of rules) {
      const isBelow = path.includes("/") && segments.length <= folders.length;
      if (matches(path) || (isBelow && matches(folders.slice(0, segments.length).join("/")))) isIgnored = !isException;
    }
    return isIgnored;
  };
}

function parseRule(line: string): Rule {
  const isException = line.startsWith("!");
  const segments = resolveParents(segmentsOf((isException ? line.slice(1) : line).trim()));
  return { isException, segments, matches: shellPattern(segments.join("/")) };
}

function segmentsOf(path: string): readonly string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function resolveParents(segments: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === "..") kept.pop();
    else kept.push(segment);
  }
  return kept;
}
