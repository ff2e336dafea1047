import { globPattern } from "./glob.ts";

interface Rule {
  readonly pattern: RegExp;
  readonly negated: boolean;
  readonly foldersOnly: boolean;
}

/** The rules of one `.gitignore` file. */
export interface GitIgnore {
  /** Of a path relative to the file's folder, by the last rule that matches; nothing when none does. */
  test(path: string, isFolder: boolean): "ignored" | "kept" | undefined;
}

/** Reads a `.gitignore` (gitignore(5)). Case always counts: two machines agree on what is ignored. */
export function parseGitIgnore(text: string): GitIgnore {
  const rules = text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .flatMap((line) => parseRule(line.replace(/\r$/, "")) ?? []);
  return {
    test(path, isFolder) {
      const rule = rules.findLast((candidate) => (isFolder || !candidate.foldersOnly) && candidate.pattern.test(path));
      return rule === undefined ? undefined : rule.negated ? "kept" : "ignored";
    },
  };
}

function parseRule(line: string): Rule | undefined {
  if (line.startsWith("#")) return undefined;
  // Spaces at the end count only after a backslash.
  let glob = line.replace(/(?<!\\)((?:\\\\)*) +$/, "$1");
  const negated = glob.startsWith("!");
  if (negated) glob = glob.slice(1);
  const foldersOnly = glob.endsWith("/");
  if (foldersOnly) glob = glob.slice(0, -1);
  if (glob === "") return undefined;
  const anchored = glob.includes("/");
  if (glob.startsWith("/")) glob = glob.slice(1);
  const pattern = globPattern(anchored ? glob : `**/${glob}`);
  return pattern === undefined ? undefined : { pattern, negated, foldersOnly };
}
