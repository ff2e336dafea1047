import type { TargetEnvironment } from "@imagespec/core";
import { ImageSpecError, messageOf } from "@imagespec/errors";
import { parse } from "smol-toml";
import { evaluateMarker } from "../marker/evaluate-marker.ts";
import { markerEnvironment } from "../marker/marker-environment.ts";

type Table = { readonly [key: string]: unknown };

/**
 * The pinned, hashed requirement lines of a poetry.lock for one target.
 *
 * Locks before Poetry 2.1 (lock version 2.1) do not say which group or platform needs a package, so they are refused
 * rather than guessed at.
 *
 * @throws LOCK_INVALID
 */
export function poetryRequirements(
  document: string,
  file: string,
  selection: { readonly groups: readonly string[]; readonly extras: readonly string[] },
  target: TargetEnvironment,
): readonly string[] {
  let root: Table;
  try {
    root = parse(document);
  } catch (cause) {
    throw new ImageSpecError("LOCK_INVALID", `"${file}" is not a TOML document: ${messageOf(cause)}`, {
      hint: "run `poetry lock`",
      cause,
    });
  }
  const metadata = root["metadata"] as Table | undefined;
  const version = String(metadata?.["lock-version"] ?? "");
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major !== 2 || minor < 1) {
    throw new ImageSpecError(
      "LOCK_INVALID",
      `"${file}" has the lock version "${version}", which lacks groups and markers`,
      {
        hint: "run `poetry lock` with Poetry 2.1 or newer",
      },
    );
  }
  const groups = new Set(["main", ...selection.groups]);
  const environment = markerEnvironment(target, { extras: selection.extras });
  const requirements: string[] = [];
  for (const entry of (Array.isArray(root["package"]) ? root["package"] : []) as readonly Table[]) {
    const inGroups = (Array.isArray(entry["groups"]) ? entry["groups"] : ["main"]).filter(
      (group): group is string => typeof group === "string" && groups.has(group),
    );
    if (inGroups.length === 0 || !applies(entry["markers"], inGroups, environment)) continue;
    if (entry["source"] !== undefined && (entry["source"] as Table)["type"] !== "legacy") {
      throw new ImageSpecError(
        "LOCK_INVALID",
        `"${file}" takes "${String(entry["name"])}" from a folder, file or repository`,
        {
          hint: "publish it to an index, or use a builder that can build it",
        },
      );
    }
    const hashes = ((Array.isArray(entry["files"]) ? entry["files"] : []) as readonly Table[]).map(
      ({ hash }) => ` --hash=${String(hash)}`,
    );
    requirements.push(`${String(entry["name"])}==${String(entry["version"])}${hashes.join("")}`);
  }
  return requirements;
}

/** `markers` is one text for all groups, or a table by group. */
function applies(
  markers: unknown,
  groups: readonly string[],
  environment: ReturnType<typeof markerEnvironment>,
): boolean {
  if (typeof markers === "string") return evaluateMarker(markers, environment);
  if (typeof markers !== "object" || markers === null) return true;
  return groups.some((group) => {
    const marker = (markers as Table)[group];
    return typeof marker !== "string" || evaluateMarker(marker, environment);
  });
}
