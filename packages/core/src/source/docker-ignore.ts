import { globPattern } from "./glob.ts";

interface Rule {
  readonly pattern: RegExp;
  readonly negated: boolean;
  /** The part before the first wildcard, in whole path segments. */
  readonly literal: readonly string[];
}

/** The rules of a `.dockerignore` file. */
export interface DockerIgnore {
  /** Of a path relative to the file's folder: the last rule that matches it or a folder above it decides. */
  test(path: string): "ignored" | "kept" | undefined;
  /** Whether an exception (`!…`) may bring back something below a folder. */
  mayKeepBelow(folder: string): boolean;
}

/** Reads a `.dockerignore` with the semantics of the Docker builder. */
export function parseDockerIgnore(text: string): DockerIgnore {
  const rules = text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .flatMap((line) => parseRule(line) ?? []);
  const exceptions = rules.filter(({ negated }) => negated);
  return {
    test(path) {
      if (rules.length === 0) return undefined;
      const paths = [path, ...parentsOf(path)];
      const rule = rules.findLast(({ pattern }) => paths.some((candidate) => pattern.test(candidate)));
      return rule === undefined ? undefined : rule.negated ? "kept" : "ignored";
    },
    mayKeepBelow(folder) {
      const segments = folder.split("/");
      return exceptions.some(({ literal }) =>
        literal.every((segment, index) => index >= segments.length || segment === segments[index]),
      );
    },
  };
}

function parseRule(line: string): Rule | undefined {
  if (line.startsWith("#")) return undefined;
  let glob = line.trim();
  const negated = glob.startsWith("!");
  if (negated) glob = glob.slice(1).trim();
  const clean = cleanPath(glob);
  if (clean === "") return undefined;
  const pattern = globPattern(clean, true);
  if (pattern === undefined) return undefined;
  const segments = clean.split("/");
  const wild = segments.findIndex((segment) => /[*?[\\]/.test(segment));
  return { pattern, negated, literal: wild === -1 ? segments : segments.slice(0, wild) };
}

/** Without leading and trailing slashes, `.` and `..`, as Go's path.Clean does. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}

function parentsOf(path: string): readonly string[] {
  const parents: string[] = [];
  for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1))
    parents.push(path.slice(0, slash));
  return parents;
}
