import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aloneSize, groupPackages } from "./group-packages.ts";

const distributions = fc.uniqueArray(
  fc.record({
    name: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
    size: fc.oneof(fc.nat(aloneSize), fc.nat(600 * 1024 * 1024)),
  }),
  { selector: ({ name }) => name, maxLength: 120 },
);
const profile = fc.constantFrom("layers" as const, "stages" as const);

describe("groupPackages", () => {
  test("puts every distribution into exactly one group, within the limits", () => {
    fc.assert(
      fc.property(distributions, profile, (all, kind) => {
        const groups = groupPackages(all, kind);
        expect(groups.flatMap(({ members }) => members).sort()).toEqual(all.map(({ name }) => name).sort());
        expect(groups.length).toBeLessThanOrEqual(kind === "layers" ? 48 : 10);
      }),
    );
  });

  test("does not depend on the order it is given", () => {
    fc.assert(
      fc.property(distributions, profile, (all, kind) => {
        expect(groupPackages([...all].reverse(), kind)).toEqual(groupPackages(all, kind));
      }),
    );
  });

  test("one more small distribution changes one group", () => {
    fc.assert(
      fc.property(distributions, profile, (all, kind) => {
        const added = { name: "zz-added", size: 1000 };
        const before = new Set(groupPackages(all, kind).map((group) => JSON.stringify(group)));
        const changed = groupPackages([...all.filter(({ name }) => name !== added.name), added], kind).filter(
          (group) => !before.has(JSON.stringify(group)),
        );
        expect(changed.length).toBe(1);
      }),
    );
  });

  test("the rule itself never moves", () => {
    const sample = [
      { name: "torch", size: 539_000_000 },
      { name: "numpy", size: 15_713_899 },
      { name: "pandas", size: 11_978_871 },
      { name: "requests", size: 64_000 },
      { name: "urllib3", size: 128_000 },
      { name: "idna", size: 69_583 },
      { name: "certifi", size: 134_047 },
    ];
    expect(
      groupPackages(sample, "layers").map(({ key, members }) => `${key}: ${members.join(" ")}`),
    ).toMatchInlineSnapshot(`
      [
        "torch: torch",
        "numpy: numpy",
        "pandas: pandas",
        "2: certifi",
        "3: idna",
        "14: urllib3",
        "21: requests",
      ]
    `);
    expect(
      groupPackages(sample, "stages").map(({ key, members }) => `${key}: ${members.join(" ")}`),
    ).toMatchInlineSnapshot(`
      [
        "torch: torch",
        "numpy: numpy",
        "pandas: pandas",
        "2: certifi urllib3",
        "3: idna requests",
      ]
    `);
  });
});
