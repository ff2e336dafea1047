import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareDebianVersions, satisfiesVersion, upstreamVersion } from "./version.ts";

// Ascending, each checked with `dpkg --compare-versions`.
const ascending = [
  "0~~",
  "0~~a",
  "0~",
  "0",
  "0.0",
  "0.9~beta1-1",
  "0.9-1",
  "1.0~rc1-1",
  "1.0-1~bpo12+1",
  "1.0-1",
  "1.0-1+b1",
  "1.0-1+deb12u1",
  "1.0-1+deb12u2",
  "1.0-1+deb12u10",
  "1.0-1.1",
  "1.0-2",
  "1.0a-1",
  "1.0+dfsg-1",
  "1.0.1-1",
  "1.10-1",
  "1:0.5-1",
  "2:0.1",
];

const version = fc
  .tuple(
    fc.option(fc.nat(3)),
    fc.stringMatching(/^\d[0-9a-z.+~]{0,8}$/),
    fc.option(fc.stringMatching(/^[0-9a-z+.~]{1,4}$/)),
  )
  .map(
    ([epoch, upstream, revision]) =>
      `${epoch === null ? "" : `${epoch}:`}${upstream}${revision === null ? "" : `-${revision}`}`,
  );

describe("compareDebianVersions", () => {
  it("orders a list that dpkg orders the same", () => {
    for (const [i, left] of ascending.entries()) {
      for (const [j, right] of ascending.entries()) {
        expect(compareDebianVersions(left, right), `${left} ${right}`).toBe(Math.sign(i - j));
      }
    }
  });

  it.each([
    ["1.0", "1.0-0"],
    ["0:1.0", "1.0"],
    ["1.00", "1.0"],
    ["1.0-01", "1.0-1"],
  ])("finds %s equal to %s", (left, right) => expect(compareDebianVersions(left, right)).toBe(0));

  it("orders what is no version, too", () => {
    for (const odd of ["é:1", ":1", "x:", `${"9".repeat(400)}:1`]) {
      expect(compareDebianVersions(odd, odd)).toBe(0);
      expect(Math.abs(compareDebianVersions(odd, "1.0"))).toBe(1);
      expect(compareDebianVersions(odd, "1.0") + compareDebianVersions("1.0", odd)).toBe(0);
    }
  });

  it("is an order", () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(compareDebianVersions(a, b) + compareDebianVersions(b, a)).toBe(0);
        const [first, second, third] = [a, b, c].sort(compareDebianVersions);
        expect(compareDebianVersions(first!, third!)).toBeLessThanOrEqual(0);
        expect(compareDebianVersions(first!, second!)).toBeLessThanOrEqual(0);
      }),
    );
  });

  it("puts a tilde before the version without it", () => {
    fc.assert(
      fc.property(version, (v) => {
        expect(compareDebianVersions(`${v}~x`, v)).toBe(-1);
      }),
    );
  });
});

describe("satisfiesVersion", () => {
  it.each([
    ["<<", false, false, true],
    ["<=", false, true, true],
    ["=", false, true, false],
    [">=", true, true, false],
    [">>", true, false, false],
  ] as const)("knows %s", (operator, newer, same, older) => {
    expect([
      satisfiesVersion("2", operator, "1"),
      satisfiesVersion("1", operator, "1"),
      satisfiesVersion("1", operator, "2"),
    ]).toEqual([newer, same, older]);
  });
});

describe("upstreamVersion", () => {
  it.each([
    ["3.13.5-2+deb13u1", "3.13.5"],
    ["1:1.3.dfsg+really1.3.1-1+b1", "1.3.dfsg+really1.3.1"],
    ["2025b", "2025b"],
    ["1.2-rc-3", "1.2-rc"],
  ])("of %s is %s", (text, upstream) => expect(upstreamVersion(text)).toBe(upstream));
});
