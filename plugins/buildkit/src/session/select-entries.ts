import { posix } from "node:path";
import { compilePattern } from "./pattern.ts";
import { parentsOf, type Tree } from "./tree.ts";

/** What a daemon wants of a folder. Empty lists ask for everything and leave out nothing. */
export interface Selection {
  /** Paths, with what is below them and what symbolic links in them point to. They may hold wildcards. */
  readonly follow: readonly string[];
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/**
 * The part of a tree that a daemon asked for, in the order of the tree: what matches, what is below it, and the parents of it.
 */
export function selectEntries(tree: Tree, selection: Selection): Tree {
  const include = [...selection.include, ...followLinks(tree, selection.follow)];
  const wanted = include.length === 0 ? () => true : matcherOf(include);
  const unwanted = selection.exclude.length === 0 ? () => false : matcherOf(selection.exclude);
  const selected = new Set<string>();
  for (const { path } of tree) {
    if (!wanted(path) || unwanted(path)) continue;
    selected.add(path);
    for (const parent of parentsOf(path)) selected.add(parent);
  }
  return selected.size === tree.length ? tree : tree.filter(({ path }) => selected.has(path));
}

/** Whether a path or one of its parents matches; of several patterns the last one that says anything counts (`!` excepts). */
function matcherOf(patterns: readonly string[]): (path: string) => boolean {
  const rules = patterns.flatMap((text) => {
    const trimmed = text.trim();
    const negative = trimmed.startsWith("!");
    const pattern = cleanPath(negative ? trimmed.slice(1).trim() : trimmed);
    if (trimmed === "") return [];
    return [{ negative, pattern, expression: pattern === "." ? /^/ : compilePattern(pattern) }];
  });
  return (path) => {
    const paths = [path, ...parentsOf(path)];
    let matched = false;
    for (const { negative, pattern, expression } of rules) {
      if (matched === negative && paths.some((candidate) => candidate === pattern || expression.test(candidate))) {
        matched = !negative;
      }
    }
    return matched;
  };
}

/** The given paths, and where the symbolic links on the way of them lead. */
function followLinks(tree: Tree, paths: readonly string[]): readonly string[] {
  if (paths.length === 0) return [];
  const links = new Map(tree.flatMap((entry) => (entry.kind === "symlink" ? [[entry.path, entry.linkTarget]] : [])));
  const found = new Set<string>();
  const follow = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    if (links.size === 0) return;
    const expression = compilePattern(path);
    for (const [link, target] of links) {
      const destination = cleanPath(target.startsWith("/") ? target : posix.join("/", posix.dirname(link), target));
      if (link === path || expression.test(link)) follow(destination);
      else if (path.startsWith(`${link}/`)) {
        found.add(link);
        follow(cleanPath(`${destination}/${path.slice(link.length + 1)}`));
      }
    }
  };
  for (const path of paths) follow(cleanPath(path));
  return [...found];
}

/** Relative to the root of the tree, which nothing leaves; the root itself is `.`. */
function cleanPath(path: string): string {
  const cleaned = posix.resolve("/", path).slice(1);
  return cleaned === "" ? "." : cleaned;
}
