import type { Json } from "../spec/json.ts";
import type { LockSelection } from "./lock-selection.ts";
import { parseToml } from "./parse-toml.ts";
import { tableOf } from "./toml-reader.ts";

/**
 * What a pyproject.toml asks for: in the fingerprint beside its lock, so that an image cannot be reused for a project whose
 * dependencies changed without being locked again. Version, tools and build settings are not in it.
 */
export function projectTables(text: string, file: string, { groups }: LockSelection): Json {
  const document = parseToml(text, file);
  const project = tableOf(document["project"]);
  const dependencyGroups = tableOf(document["dependency-groups"]);
  const poetry = tableOf(tableOf(document["tool"])["poetry"]);
  const picked = {
    requiresPython: project["requires-python"],
    dependencies: project["dependencies"],
    optionalDependencies: project["optional-dependencies"],
    groups: Object.fromEntries(groups.map((group) => [group, dependencyGroups[group]])),
    poetry: { dependencies: poetry["dependencies"], extras: poetry["extras"] },
  };
  // Through JSON text: TOML dates become texts, and what is absent goes.
  return JSON.parse(JSON.stringify(picked)) as Json;
}
