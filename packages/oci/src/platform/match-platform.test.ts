import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { comparePlatforms, matchesPlatform, selectPlatform } from "./match-platform.ts";
import { formatPlatform, normalizePlatform, type Platform, parsePlatform } from "./platform.ts";

describe("matchesPlatform", () => {
  test.each<[wanted: string, offered: string, matches: boolean]>([
    ["linux/amd64", "linux/amd64", true],
    ["linux/amd64", "linux/arm64", false],
    ["linux/amd64", "linux/386", false],
    ["linux/amd64", "windows/amd64", false],
    ["linux/amd64", "unknown/unknown", false],
    ["linux/amd64", "linux/amd64/v2", false],
    ["linux/amd64/v3", "linux/amd64/v2", true],
    ["linux/amd64/v3", "linux/amd64", true],
    ["linux/arm64", "linux/arm64/v8", true],
    ["linux/arm64", "linux/arm/v7", false],
    ["linux/arm64", "linux/arm64/v8.2", false],
    ["linux/arm64/v9", "linux/arm64", true],
    ["linux/arm64/v9", "linux/arm64/v8.5", true],
    ["linux/arm64/v9", "linux/arm64/v8.6", false],
    ["linux/arm64/v8.6", "linux/arm64/v9", false],
    ["linux/arm", "linux/arm/v7", true],
    ["linux/arm/v7", "linux/arm/v6", true],
    ["linux/arm/v7", "linux/arm/v5", true],
    ["linux/arm/v8", "linux/arm/v7", true],
    ["linux/arm/v6", "linux/arm/v7", false],
    ["linux/ppc64le/power9", "linux/ppc64le", true],
    ["linux/ppc64le", "linux/ppc64le/power9", false],
    ["windows(10.0.20348.1)/amd64", "windows(10.0.20348.2340)/amd64", true],
    ["windows(10.0.20348)/amd64", "windows(10.0.17763.1)/amd64", false],
    ["windows/amd64", "windows(10.0.17763.1)/amd64", true],
    ["windows(10.0.20348.1)/amd64", "windows/amd64", true],
    ["windows/amd64", "windows(+win32k)/amd64", true],
    ["windows(+a)/amd64", "windows(+win32k)/amd64", false],
    ["windows(+a+win32k)/amd64", "windows(+win32k)/amd64", true],
  ])("wanted %s, offered %s: %s", (wanted, offered, matches) => {
    expect(matchesPlatform(parsePlatform(wanted), parsePlatform(offered))).toBe(matches);
  });

  test("reads platforms as registries write them", () => {
    expect(
      matchesPlatform({ os: "linux", architecture: "aarch64" }, { os: "Linux", architecture: "arm64", variant: "v8" }),
    ).toBe(true);
    expect(matchesPlatform({ os: "linux", architecture: "amd64" }, { os: "", architecture: "" })).toBe(false);
  });
});

describe("selectPlatform", () => {
  const items = (...platforms: string[]) => platforms.map((text) => ({ text, platform: parsePlatform(text) }));

  test.each<[wanted: string, offered: string[], selected: string | undefined]>([
    ["linux/arm/v7", ["linux/arm/v5", "linux/arm/v7", "linux/arm/v6"], "linux/arm/v7"],
    ["linux/arm/v7", ["linux/arm/v5", "linux/arm/v6", "linux/arm/v8"], "linux/arm/v6"],
    ["linux/arm/v6", ["linux/arm/v7", "linux/arm64"], undefined],
    ["linux/arm64", ["linux/arm/v7", "linux/arm64/v8"], "linux/arm64/v8"],
    ["linux/amd64/v3", ["linux/amd64", "linux/amd64/v2", "linux/amd64/v4"], "linux/amd64/v2"],
    ["windows/amd64", ["windows(10.0.9.1)/amd64", "windows(10.0.10.1)/amd64"], "windows(10.0.10.1)/amd64"],
    [
      "windows(10.0.9.1)/amd64",
      ["windows(10.0.9.2)/amd64", "windows(10.0.9.1)/amd64", "windows(10.0.10.1)/amd64"],
      "windows(10.0.9.1)/amd64",
    ],
    ["linux/s390x", ["linux/amd64"], undefined],
  ])("wanted %s of %j: %s", (wanted, offered, selected) => {
    expect(selectPlatform(items(...offered), parsePlatform(wanted))?.text).toBe(selected);
    expect(selectPlatform(items(...offered.toReversed()), parsePlatform(wanted))?.text).toBe(selected);
  });

  test("takes the first of equals, and nothing without a platform", () => {
    const platform = parsePlatform("linux/amd64");
    const list: { readonly id: number; readonly platform?: Platform }[] = [
      { id: 0 },
      { id: 1, platform },
      { id: 2, platform },
    ];
    expect(selectPlatform(list, platform)?.id).toBe(1);
    expect(selectPlatform([{ id: 0 } as { id: number; platform?: Platform }], platform)).toBeUndefined();
  });
});

const platforms = fc
  .record({
    os: fc.constantFrom("linux", "windows"),
    architecture: fc.constantFrom("amd64", "arm64", "arm", "ppc64le"),
    variant: fc.constantFrom("", "v1", "v2", "v7", "v8", "v8.10", "v8.2", "v9", "power9"),
    "os.version": fc.constantFrom("", "10", "10.0.9", "10.0.10", "10.0.x", "a.1"),
  })
  .map(normalizePlatform);

describe("comparePlatforms", () => {
  test("sorts by number, not by text", () => {
    const sorted = [
      "linux/amd64",
      "linux/arm64",
      "linux/arm64/v8.2",
      "linux/arm64/v8.10",
      "windows(9)/amd64",
      "windows(10)/amd64",
    ];
    expect(sorted.toReversed().map(parsePlatform).sort(comparePlatforms).map(formatPlatform)).toEqual(sorted);
  });

  test("is a total order that agrees with equality", () => {
    fc.assert(
      fc.property(platforms, platforms, platforms, (a, b, c) => {
        expect(Math.sign(comparePlatforms(a, b))).toBe(0 - Math.sign(comparePlatforms(b, a)));
        expect(comparePlatforms(a, b) === 0).toBe(formatPlatform(a) === formatPlatform(b));
        if (comparePlatforms(a, b) <= 0 && comparePlatforms(b, c) <= 0)
          expect(comparePlatforms(a, c)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });
});

test("a platform matches itself, and what selectPlatform selects matches", () => {
  fc.assert(
    fc.property(platforms, fc.array(platforms), (wanted, offered) => {
      expect(matchesPlatform(wanted, wanted)).toBe(true);
      const list = offered.map((platform) => ({ platform }));
      const selected = selectPlatform(list, wanted);
      expect(selected !== undefined).toBe(offered.some((platform) => matchesPlatform(wanted, platform)));
      if (selected !== undefined) expect(matchesPlatform(wanted, selected.platform)).toBe(true);
    }),
  );
});
