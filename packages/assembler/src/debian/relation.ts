import { ImageSpecError } from "@imagespec/errors";
import type { VersionOperator } from "./version.ts";

/** One alternative of a relation field, such as `libc6 (>= 2.36)`. */
export interface Relation {
  readonly name: string;
  /** Architecture qualifier after the colon: `any`, `native` or an architecture. */
  readonly architecture?: string;
  readonly version?: { readonly operator: VersionOperator; readonly value: string };
}

/** Alternatives separated by `|`: one of them is enough. */
export type RelationGroup = readonly Relation[];

const relation =
  /^(?<name>[a-z0-9][a-z0-9+.-]+)(?::(?<architecture>[a-z0-9-]+))?(?:\s*\(\s*(?<operator><<|<=|=|>=|>>)\s*(?<version>[^\s)]+)\s*\))?$/;

/**
 * Parses a relation field (Depends, Provides, Conflicts …): all groups have to hold.
 *
 * Architecture lists and build profiles do not occur in binary packages and are refused.
 *
 * @throws DEBIAN_INDEX
 */
export function parseRelations(field: string | undefined): readonly RelationGroup[] {
  if (field === undefined) return [];
  return field
    .split(",")
    .map((group) => group.trim())
    .filter((group) => group !== "")
    .map((group) => group.split("|").map(parseRelation));
}

function parseRelation(text: string): Relation {
  const groups = relation.exec(text.trim())?.groups;
  if (groups?.["name"] === undefined) {
    throw new ImageSpecError("DEBIAN_INDEX", `package relation "${text.trim()}" does not follow deb-control(5)`);
  }
  const { name, architecture, operator, version } = groups;
  return {
    name,
    ...(architecture === undefined ? {} : { architecture }),
    // The expression matches only the five operators.
    ...(operator === undefined || version === undefined
      ? {}
      : { version: { operator: operator as VersionOperator, value: version } }),
  };
}

/** Text of a group as a control file has it. */
export function formatRelations(group: RelationGroup): string {
  return group.map(formatRelation).join(" | ");
}

function formatRelation({ name, architecture, version }: Relation): string {
  const qualified = architecture === undefined ? name : `${name}:${architecture}`;
  return version === undefined ? qualified : `${qualified} (${version.operator} ${version.value})`;
}
