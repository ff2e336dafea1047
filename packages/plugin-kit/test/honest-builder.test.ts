import { expect, test } from "vitest";
import { createFakeBuilder, formatConformance, runConformance } from "../src/index.ts";

test("an honest builder passes all that its capabilities say", async () => {
  const report = await runConformance({
    createBuilder: () => createFakeBuilder({ appendableSource: true }),
    reference: () => createFakeBuilder({ name: "other" }),
  });
  const failed = report.results.filter(({ status }) => status === "failed");
  expect(failed.map(({ group, id, error }) => `${group}/${id}: ${error}`)).toEqual([]);
  const skipped = report.results.filter(({ status }) => status === "skipped");
  expect(skipped.map(({ id, reason }) => `${id}: ${reason}`)).toEqual([
    'command-fails: does not declare "commands"',
    'bytecode: does not declare "bytecode"',
    'command-phases: does not declare "commands"',
    'command-verbatim: does not declare "commands"',
    'sdist: does not declare "sdists"',
    'apt-packages: does not declare "apt-packages"',
    'python-exec: does not declare "python-exec"',
    'command: does not declare "commands"',
  ]);
  expect(report).toMatchObject({ builder: "fake", conformant: true, failed: 0, badge: { color: "brightgreen" } });
  expect(formatConformance(report)).toMatch(/^fake: conformance {2}definition 6\/6 · selection \d+\/\d+ · /);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});
