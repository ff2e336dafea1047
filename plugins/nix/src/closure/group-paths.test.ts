import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { groupPaths } from "./group-paths.ts";
import type { StorePath } from "./store-path.ts";

const mib = 1024 * 1024;

function storePath(name: string, narSize: number, references: readonly string[] = []): StorePath {
  const hash = name
    .replace(/[^a-z0-9]/g, "")
    .padEnd(32, "0")
    .slice(0, 32);
  return {
    path: pathOf(name, hash),
    narHash: `hash of ${name}`,
    narSize,
    references: references.map((reference) => pathOf(reference, reference.replace(/[^a-z0-9]/g, "").padEnd(32, "0"))),
  };
}
const pathOf = (name: string, hash: string): string => `/nix/store/${hash}-${name}`;

const closure = [
  storePath("glibc-2.40", 30 * mib),
  storePath("zlib-1.3", 1 * mib, ["glibc-2.40"]),
  storePath("python3-3.13", 90 * mib, ["glibc-2.40", "zlib-1.3", "tzdata-2025"]),
  storePath("tzdata-2025", 2 * mib),
  storePath("numpy-2.3", 40 * mib, ["python3-3.13", "openblas-0.3"]),
  storePath("openblas-0.3", 25 * mib, ["glibc-2.40"]),
  storePath("six-1.17", 1, ["python3-3.13"]),
];

const names = (group: { readonly members: readonly StorePath[] }) =>
  group.members.map(({ path }) => path.replace(/^.*?-/, "")).sort();

describe("groupPaths", () => {
  it("gives large paths a layer with what they alone need, shared ones first", () => {
    const groups = groupPaths(closure, 60).map(names);
    expect(groups[0]).toEqual(["glibc-2.40"]);
    expect(groups).toContainEqual(["numpy-2.3"]);
    expect(groups).toContainEqual(["openblas-0.3"]);
    expect(groups).toContainEqual(["python3-3.13", "tzdata-2025", "zlib-1.3"]);
    expect(groups).toContainEqual(["six-1.17"]);
  });

  it("leaves the others as they are when a small path comes", () => {
    const before = groupPaths(closure, 60).map((group) => names(group).join());
    const after = groupPaths([...closure, storePath("attrs-25.1", 1000, ["python3-3.13"])], 60);
    const changed = after.map((group) => names(group).join()).filter((group) => !before.includes(group));
    expect(changed).toHaveLength(1);
    expect(changed[0]).toContain("attrs-25.1");
  });

  it("keeps an update in the layer of its predecessor", () => {
    const small = (version: string) => [...closure, storePath(`attrs-${version}`, 1000), storePath("idna-3", 1000)];
    const layerOf = (paths: readonly StorePath[]) =>
      groupPaths(paths, 60).findIndex((group) => names(group).some((name) => name.startsWith("attrs-")));
    expect(layerOf(small("25.2"))).toBe(layerOf(small("25.1")));
  });

  it("holds every path once, in no more layers than asked for, whatever the order of the closure", () => {
    const graph = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 20 * mib }), fc.array(fc.nat(), { maxLength: 4 })), { maxLength: 60 })
      .map((rows) =>
        rows.map(([size, links], index) =>
          storePath(`p${index}-1`, size, index === 0 ? [] : links.map((link) => `p${link % index}-1`)),
        ),
      );
    fc.assert(
      fc.property(graph, fc.integer({ min: 8, max: 30 }), (paths, budget) => {
        const groups = groupPaths(paths, budget);
        expect(groups.length).toBeLessThanOrEqual(budget);
        const held = groups.flatMap(({ members }) => members.map(({ path }) => path));
        expect([...held].sort()).toEqual(paths.map(({ path }) => path).sort());
        expect(groupPaths([...paths].reverse(), budget)).toEqual(groups);
      }),
      { numRuns: 200 },
    );
  });
});
