import { expect, test } from "vitest";
import { createFakeBuilder } from "../fake-builder/create-fake-builder.ts";
import { allCases } from "./all-cases.ts";
import { type TestBuilderOptions, testBuilder } from "./test-builder.ts";

interface LaidOut {
  readonly name: string;
  readonly run: () => Promise<void>;
  readonly timeoutMs: number | undefined;
}

/** A test runner that only notes what it is given. */
function layOut(options: Partial<TestBuilderOptions> = {}, canSkip = true) {
  const tests: LaidOut[] = [];
  const skipped: string[] = [];
  const note = (name: string, run: () => Promise<void>, timeoutMs?: number) => tests.push({ name, run, timeoutMs });
  const runner = canSkip ? Object.assign(note, { skip: (name: string) => skipped.push(name) }) : note;
  testBuilder({ test: runner, createBuilder: () => createFakeBuilder(), ...options });
  return { tests, skipped };
}

test("lays out every test, in groups", () => {
  const groups: string[] = [];
  const describe = (name: string, define: () => void): void => {
    groups.push(name);
    define();
  };
  const { tests, skipped } = layOut({ describe, reference: () => createFakeBuilder() });
  expect(tests.length + skipped.length).toBe(allCases.length);
  expect(groups).toEqual(
    expect.arrayContaining(["fake: definition", "fake: abort", "fake: image contract", "fake: reference"]),
  );
  expect(tests[0]).toMatchObject({ name: "is a builder that an engine registers", timeoutMs: 120_000 });
});

test("skips for nothing but capabilities, and says which", () => {
  const { tests, skipped } = layOut();
  expect(tests[0]?.name).toBe("fake: definition: is a builder that an engine registers");
  expect(skipped).toContain(
    'fake: image contract: compiles Python files where the spec says so (skipped: does not declare "bytecode")',
  );
  expect(
    skipped.filter((name) => !/\(skipped: (does not declare "|no reference builder is given\))/.test(name)),
  ).toEqual([]);
});

test("works with a runner that cannot skip", async () => {
  const { tests, skipped } = layOut({}, false);
  expect(skipped).toEqual([]);
  const nothing = tests.find(({ name }) => name.includes("(skipped:"));
  await nothing?.run();
});

test("a test rejects with what is wrong, and what to change", async () => {
  const listeners = process.listenerCount("beforeExit");
  const { tests } = layOut({ createBuilder: () => ({ ...createFakeBuilder(), contractVersion: 9 }) });
  expect(process.listenerCount("beforeExit")).toBe(listeners + 1);
  const failing = tests.find(({ name }) => name.includes("is written for version"));
  await expect(failing?.run()).rejects.toThrow(
    /builder "fake": is for version "9" of the contract, not 1\n {2}change: leave contractVersion out/,
  );
});

test("a factory that throws is not hidden", () => {
  const createBuilder = () => {
    throw new Error("no options");
  };
  expect(() => layOut({ createBuilder })).toThrow("no options");
});

test("tidies up where it is told when the tests are over", async () => {
  const endings: (() => Promise<void>)[] = [];
  const listeners = process.listenerCount("beforeExit");
  layOut({ afterAll: (run) => endings.push(run) });
  expect(process.listenerCount("beforeExit")).toBe(listeners);
  await endings[0]?.();
  expect(endings).toHaveLength(1);
});
