import { ImageSpecError } from "@imagespec/errors";
import type { Json } from "../spec/json.ts";
import { normalizePackageName } from "../spec/requirement.ts";
import type { LockedDistribution, LockMeaning } from "./lock-meaning.ts";
import { checkSelection, type LockSelection } from "./lock-selection.ts";
import { lockMeaning, sortedHashes } from "./make-lock-meaning.ts";
import { parseToml } from "./parse-toml.ts";
import { checkLockVersion, requiredText, type Table, tableOf, tablesOf, textOf, textsOf } from "./toml-reader.ts";

/**
 * Reads a `uv.lock`: what its project needs without development groups, with the selected groups and extras.
 *
 * @throws LOCK_INVALID, SPEC_VALUE for groups and extras that it does not have
 */
export function readUvLock(
  text: string,
  file: string,
  selection: LockSelection,
  /** What the project asks for: part of the meaning. */
  project: Json = null,
): LockMeaning {
  const document = parseToml(text, file);
  checkLockVersion(document["version"], [1], file);
  const packages = tablesOf(document["package"]);
  const root = packages.find((table) => isProject(table));
  if (root === undefined) {
    throw new ImageSpecError("LOCK_INVALID", `"${file}" locks no project`, {
      hint: "name the uv.lock that stands beside the project's pyproject.toml",
      details: { file },
    });
  }
  const groups = tableOf(root["dev-dependencies"]);
  const extras = tableOf(root["optional-dependencies"]);
  checkSelection(selection, { groups: Object.keys(groups), extras: Object.keys(extras) }, file);

  const edges = new Set<string>();
  const reached = new Map<Table, LockedDistribution>();
  const visited = new Set<string>();
  const follow = (from: string, dependency: Table) => {
    const name = requiredText(dependency, "name", file, `the dependencies of "${from}"`);
    const version = textOf(dependency["version"]);
    const targets = packages.filter(
      (table) => table["name"] === name && (version === undefined || table["version"] === version),
    );
    if (targets.length === 0) {
      throw new ImageSpecError("LOCK_INVALID", `"${file}" lacks "${name}", which "${from}" depends on`, {
        hint: "lock the project again with uv lock",
        details: { file },
      });
    }
    const wanted = textsOf(dependency["extra"]);
    edges.add([from, name, version ?? "", textOf(dependency["marker"]) ?? "", [...wanted].sort().join(",")].join("\n"));
    for (const target of targets) visit(target, wanted, file);
  };
  const visit = (table: Table, wanted: readonly string[], lockFile: string) => {
    const name = requiredText(table, "name", lockFile, "a package");
    if (table !== root && !reached.has(table)) reached.set(table, readPackage(table, name));
    const optional = tableOf(table["optional-dependencies"]);
    for (const part of ["", ...wanted]) {
      const key = [name, textOf(table["version"]) ?? "", part].join("\n");
      if (visited.has(key)) continue;
      visited.add(key);
      for (const dependency of tablesOf(part === "" ? table["dependencies"] : optional[part])) follow(name, dependency);
    }
  };
  visit(root, selection.extras, file);
  const rootName = textOf(root["name"]) ?? "";
  for (const group of selection.groups) for (const dependency of tablesOf(groups[group])) follow(rootName, dependency);

  return lockMeaning(
    {
      kind: "uv-lock",
      file,
      requiresPython: textOf(document["requires-python"]),
      distributions: [...reached.values()],
      own: undefined,
    },
    { edges: [...edges].sort(), project },
  );
}

/** The project itself is `virtual = "."` or `editable = "."`. */
function isProject(table: Table): boolean {
  const source = tableOf(table["source"]);
  return source["virtual"] === "." || source["editable"] === "." || source["directory"] === ".";
}

function readPackage(table: Table, name: string): LockedDistribution {
  const source = tableOf(table["source"]);
  const files = [...tablesOf(table["wheels"]), tableOf(table["sdist"])];
  const markers = textsOf(table["resolution-markers"]);
  return {
    name: normalizePackageName(name),
    version: textOf(table["version"]) ?? "",
    hashes: sortedHashes(files.flatMap((entry) => textOf(entry["hash"]) ?? [])),
    marker: markers.length === 0 ? undefined : [...markers].sort().join(" or "),
    source: sourceOf(source),
  };
}

/** Nothing for an index: which one it was does not change what is installed. */
function sourceOf(source: Table): string | undefined {
  for (const kind of ["git", "url", "path", "directory", "editable", "virtual"]) {
    const value = textOf(source[kind]);
    if (value !== undefined) return kind === "url" ? value : `${kind}:${value}`;
  }
  return undefined;
}
