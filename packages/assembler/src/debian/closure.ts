import { ImageSpecError, suggest } from "@imagespec/errors";
import { formatUnfollowed, unfollowedReason } from "./dependency-policy.ts";
import type { IndexedPackage, PackageIndex } from "./package-index.ts";
import { formatRelations, type Relation, type RelationGroup } from "./relation.ts";

export interface Closure {
  /** Sorted by name. */
  readonly packages: readonly IndexedPackage[];
  readonly dropped: readonly string[];
  readonly choices: readonly string[];
}

interface OpenChoice {
  readonly from: string;
  readonly group: RelationGroup;
}

/**
 * Solves the closure of `roots` without Recommends, as apt does on an empty system.
 *
 * Edges without a choice (one alternative that is a real package or has one provider) are followed first, to a fixpoint.
 * Then the choices, in the order of the package that states them: one that is satisfied already is no choice, otherwise
 * the first alternative that can be satisfied, a real package before a provider.
 *
 * @throws DEBIAN_PACKAGE_NOT_FOUND for an unknown root, a dependency nothing satisfies, and a conflict in the result.
 */
export function solveClosure(index: PackageIndex, roots: readonly string[]): Closure {
  const selected = new Map<string, IndexedPackage>();
  const queue: IndexedPackage[] = [];
  const dropped: string[] = [];
  const choices: string[] = [];
  let open: OpenChoice[] = [];

  const select = (found: IndexedPackage): void => {
    if (selected.has(found.name)) return;
    selected.set(found.name, found);
    queue.push(found);
  };
  const isSatisfied = (relation: Relation): boolean => {
    const real = selected.get(relation.name);
    if (real !== undefined && index.satisfies(real, relation)) return true;
    for (const candidate of selected.values()) if (index.satisfies(candidate, relation)) return true;
    return false;
  };
  const follow = (from: string, group: RelationGroup): void => {
    const reason = unfollowedReason(from, group);
    if (reason !== undefined) {
      dropped.push(formatUnfollowed(from, group, reason));
      return;
    }
    const [only, ...others] = group;
    if (only !== undefined && others.length === 0) {
      const candidates = index.candidates(only);
      const [first] = candidates;
      if (first === undefined) throw unsatisfiable(from, group);
      if (candidates.length === 1 || first.name === only.name) {
        select(first);
        return;
      }
    }
    open.push({ from, group });
  };

  for (const root of roots) {
    const found = index.get(root);
    if (found === undefined) throw unknownRoot(root, index);
    select(found);
  }
  for (;;) {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      for (const group of next.depends) follow(next.name, group);
    }
    open = open.filter(({ group }) => !group.some(isSatisfied)).sort((a, b) => compare(a.from, b.from));
    const choice = open.shift();
    if (choice === undefined) break;
    const pick = choice.group.map((relation) => index.candidates(relation)[0]).find((found) => found !== undefined);
    if (pick === undefined) throw unsatisfiable(choice.from, choice.group);
    choices.push(`${choice.from}: ${formatRelations(choice.group)} → ${pick.name}`);
    select(pick);
  }
  refuseConflicts(index, [...selected.values()]);
  return { packages: [...selected.values()].sort((a, b) => compare(a.name, b.name)), dropped: dropped.sort(), choices };
}

function refuseConflicts(index: PackageIndex, packages: readonly IndexedPackage[]): void {
  const conflicts: string[] = [];
  for (const one of packages) {
    for (const relation of one.refuses) {
      for (const other of packages) {
        if (other !== one && index.satisfies(other, relation)) {
          conflicts.push(`"${one.name}" refuses "${formatRelations([relation])}", which "${other.name}" is`);
        }
      }
    }
  }
  if (conflicts.length > 0) {
    throw new ImageSpecError(
      "DEBIAN_PACKAGE_NOT_FOUND",
      `Debian packages exclude each other: ${conflicts.join("; ")}`,
      {
        hint: "remove one of the packages",
      },
    );
  }
}

function unknownRoot(root: string, index: PackageIndex): ImageSpecError {
  const providers = index.candidates({ name: root }).map(({ name }) => name);
  const similar = suggest(root, [...index.names()]);
  return new ImageSpecError("DEBIAN_PACKAGE_NOT_FOUND", `Debian package "${root}" does not exist in this suite`, {
    hint:
      providers.length > 0
        ? `ask for a package that provides it: ${providers.slice(0, 5).join(", ")}`
        : similar === undefined
          ? "check the name on packages.debian.org"
          : `did you mean "${similar}"? Otherwise check the name on packages.debian.org`,
    details: { package: root },
  });
}

function unsatisfiable(from: string, group: RelationGroup): ImageSpecError {
  return new ImageSpecError(
    "DEBIAN_PACKAGE_NOT_FOUND",
    `nothing in this suite satisfies "${formatRelations(group)}", which "${from}" depends on`,
    { hint: "try again: the archive may be in the middle of an update" },
  );
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
