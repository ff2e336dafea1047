import type { Json } from "../spec/json.ts";
import { normalizePackageName } from "../spec/requirement.ts";
import type { LockedDistribution, LockMeaning } from "./lock-meaning.ts";
import { checkSelection, type LockSelection } from "./lock-selection.ts";
import { lockMeaning, sortedHashes } from "./make-lock-meaning.ts";
import { parseToml } from "./parse-toml.ts";
import {
  checkLockVersion,
  isTable,
  requiredText,
  type Table,
  tableOf,
  tablesOf,
  textOf,
  textsOf,
} from "./toml-reader.ts";

/**
 * Reads a `poetry.lock`: the main group, with the selected groups and extras.
 *
 * @throws LOCK_INVALID, SPEC_VALUE for groups and extras that it does not have
 */
export function readPoetryLock(
  text: string,
  file: string,
  selection: LockSelection,
  /** What the project asks for: part of the meaning. */
  project: Json = null,
): LockMeaning {
  const document = parseToml(text, file);
  const metadata = tableOf(document["metadata"]);
  checkLockVersion(metadata["lock-version"], [1, 2], file);
  const packages = tablesOf(document["package"]);
  const extras = tableOf(document["extras"]);
  const groups = new Set(packages.flatMap(groupsOf).filter((group) => group !== "main"));
  checkSelection(selection, { groups, extras: Object.keys(extras) }, file);
  const wanted = new Set(["main", ...selection.groups]);
  const optional = optionalClosure(
    packages,
    selection.extras.flatMap((extra) => textsOf(extras[extra])),
  );
  const installed = packages.filter(
    (table) =>
      groupsOf(table).some((group) => wanted.has(group)) &&
      (table["optional"] !== true || optional.has(normalizePackageName(textOf(table["name"]) ?? ""))),
  );
  return lockMeaning(
    {
      kind: "poetry-lock",
      file,
      requiresPython: textOf(metadata["python-versions"]),
      distributions: installed.map((table, index) => readPackage(table, index, file, [...wanted])),
      own: undefined,
    },
    project,
  );
}

/** Locks before format 2.1 name no groups: everything counts as main. */
function groupsOf(table: Table): readonly string[] {
  const groups = textsOf(table["groups"]);
  return groups.length === 0 ? ["main"] : groups;
}

/** The optional packages that extras bring, with what these depend on. */
function optionalClosure(packages: readonly Table[], requirements: readonly string[]): ReadonlySet<string> {
  const byName = new Map(packages.map((table) => [normalizePackageName(textOf(table["name"]) ?? ""), table]));
  const reached = new Set<string>();
  const queue = requirements.map((text) => normalizePackageName(/^[\w.-]+/.exec(text.trim())?.[0] ?? ""));
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const table = byName.get(name);
    if (table === undefined || reached.has(name)) continue;
    reached.add(name);
    queue.push(...Object.keys(tableOf(table["dependencies"])).map(normalizePackageName));
  }
  return reached;
}

function readPackage(table: Table, index: number, file: string, wanted: readonly string[]): LockedDistribution {
  const name = requiredText(table, "name", file, `package[${index}]`);
  return {
    name: normalizePackageName(name),
    version: requiredText(table, "version", file, `package[${index}]`),
    hashes: sortedHashes(tablesOf(table["files"]).flatMap((entry) => textOf(entry["hash"]) ?? [])),
    marker: markerOf(table["markers"], wanted),
    source: sourceOf(tableOf(table["source"])),
  };
}

/** One marker, or one for each group. */
function markerOf(value: unknown, wanted: readonly string[]): string | undefined {
  if (!isTable(value)) return textOf(value);
  const markers = wanted.flatMap((group) => textOf(value[group]) ?? []);
  return markers.length === 0 ? undefined : [...new Set(markers)].sort().join(" or ");
}

function sourceOf(source: Table): string | undefined {
  const type = textOf(source["type"]);
  if (type === undefined || type === "legacy") return undefined;
  const url = textOf(source["url"]) ?? "";
  return type === "git" ? `git+${url}@${textOf(source["resolved_reference"]) ?? ""}` : `${type}:${url}`;
}
