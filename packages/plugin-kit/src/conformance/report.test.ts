import { expect, test } from "vitest";
import { type ConformanceResult, conformanceReport, formatConformance } from "./report.ts";

const result = (fields: Partial<ConformanceResult>): ConformanceResult => ({
  group: "events",
  id: "x",
  title: "does x",
  status: "passed",
  ms: 1,
  ...fields,
});

test("sums up, and is not conformant for one failure or for nothing", () => {
  const builder = { name: "slurm", capabilities: ["output-registry", "commands"] };
  const passed = [result({}), result({ group: "selection" }), result({ status: "skipped", reason: "no" })];
  const report = conformanceReport(builder, passed);
  expect(report).toMatchObject({
    conformant: true,
    passed: 2,
    skipped: 1,
    capabilities: ["commands", "output-registry"],
    groups: { events: { passed: 1, failed: 0, skipped: 1 } },
    badge: { message: "2/2", color: "brightgreen" },
  });
  expect(formatConformance(report)).toBe("slurm: conformance  selection 1/1 · events 1/1");
  const failed = conformanceReport(builder, [...passed, result({ status: "failed", error: "bad" })]);
  expect(failed).toMatchObject({ conformant: false, badge: { message: "2/3", color: "red" } });
  expect(conformanceReport(builder, []).conformant).toBe(false);
});
