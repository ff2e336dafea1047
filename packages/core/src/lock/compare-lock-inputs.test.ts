import { describe, expect, test } from "vitest";
import { compareLockInputs, describeInputChange } from "./compare-lock-inputs.ts";

function told(before: Parameters<typeof compareLockInputs>[0], now: Parameters<typeof compareLockInputs>[1]) {
  return compareLockInputs(before, now).map((change) => `${change.field}: ${describeInputChange(change)}`);
}

describe("compareLockInputs", () => {
  test("says of lists which entries came, went, or changed their words", () => {
    const before = { packages: ["idna", "pandas>=2", "Scikit_Learn", "x @ https://x.dev/a.whl"] };
    const now = { packages: ["pandas>=3", "rich", "scikit-learn[extra]", "x @ https://x.dev/b.whl"] };
    expect(told(before, now)).toEqual([
      'packages: "pandas>=2" is now "pandas>=3"',
      'packages: "rich" was added',
      'packages: "Scikit_Learn" is now "scikit-learn[extra]"',
      'packages: "x @ https://x.dev/a.whl" is now "x @ https://x.dev/b.whl"',
      'packages: "idna" was removed',
    ]);
  });

  test("says of texts what they were", () => {
    expect(told({ pythonVersion: "3.12", pipIndex: "https://a" }, { pythonVersion: "3.13", cuda: "12.4" })).toEqual([
      'pythonVersion: "3.12" is now "3.13"',
      'cuda: "12.4" was added',
      'pipIndex: "https://a" was removed',
    ]);
  });

  test("finds nothing in equal values, whatever their order", () => {
    expect(
      told({ packages: ["a", "b"], pythonVersion: "3.12" }, { pythonVersion: "3.12", packages: ["b", "a"] }),
    ).toEqual([]);
  });
});
