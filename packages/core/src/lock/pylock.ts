import { normalizePackageName } from "../spec/requirement.ts";
import type { LockedDistribution, LockMeaning } from "./lock-meaning.ts";
import { checkSelection, type LockSelection } from "./lock-selection.ts";
import { lockMeaning, sortedHashes } from "./make-lock-meaning.ts";
import { readOwnTable } from "./own-table.ts";
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
 * Reads a `pylock.toml` (PEP 751).
 *
 * @throws LOCK_INVALID, SPEC_VALUE for groups and extras that it does not have
 */
export function readPylock(text: string, file: string, selection: LockSelection): LockMeaning {
  const document = parseToml(text, file);
  checkLockVersion(document["lock-version"], [1], file);
  const groups = textsOf(document["dependency-groups"]);
  const extras = textsOf(document["extras"]);
  checkSelection(selection, { groups, extras }, file);
  const distributions = tablesOf(document["packages"]).map((table, index) => readPackage(table, index, file));
  return lockMeaning(
    {
      kind: "pylock",
      file,
      requiresPython: textOf(document["requires-python"]),
      distributions,
      own: readOwnTable(document, file, distributions),
    },
    { environments: [...textsOf(document["environments"])].sort(), defaultGroups: textsOf(document["default-groups"]) },
  );
}

function readPackage(table: Table, index: number, file: string): LockedDistribution {
  const name = requiredText(table, "name", file, `packages[${index}]`);
  const archive = tableOf(table["archive"]);
  const files = [...tablesOf(table["wheels"]), tableOf(table["sdist"]), archive];
  return {
    name: normalizePackageName(name),
    version: textOf(table["version"]) ?? "",
    hashes: sortedHashes(files.flatMap((entry) => hashesOf(entry))),
    marker: textOf(table["marker"]),
    source: sourceOf(table, archive),
  };
}

function hashesOf(entry: Table): readonly string[] {
  return Object.entries(tableOf(entry["hashes"])).flatMap(([algorithm, value]) =>
    typeof value === "string" ? [`${algorithm}:${value}`] : [],
  );
}

function sourceOf(table: Table, archive: Table): string | undefined {
  const vcs = table["vcs"];
  if (isTable(vcs)) {
    const folder = textOf(vcs["subdirectory"]);
    const place = `${textOf(vcs["type"]) ?? "git"}+${textOf(vcs["url"]) ?? textOf(vcs["path"]) ?? ""}`;
    return `${place}@${textOf(vcs["commit-id"]) ?? ""}${folder === undefined ? "" : `#subdirectory=${folder}`}`;
  }
  if (isTable(table["directory"])) return `directory:${textOf(table["directory"]["path"]) ?? ""}`;
  return textOf(archive["url"]) ?? textOf(archive["path"]);
}
