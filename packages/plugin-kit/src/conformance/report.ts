import { contractVersion } from "@imagespec/core";
import { type ConformanceGroup, conformanceGroups } from "./conformance-case.ts";

/** How one test ended. */
export interface ConformanceResult {
  readonly group: ConformanceGroup;
  readonly id: string;
  readonly title: string;
  readonly status: "passed" | "failed" | "skipped";
  /** Of a skipped test: the capability that is missing. */
  readonly reason?: string;
  /** Of a failed test: what the builder does, and what to change. */
  readonly error?: string;
  readonly ms: number;
}

/** What a builder passes; plain data. */
export interface ConformanceReport {
  readonly builder: string;
  /** Of the builder contract. */
  readonly contractVersion: number;
  readonly capabilities: readonly string[];
  /** Nothing failed. */
  readonly conformant: boolean;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly groups: Readonly<
    Partial<Record<ConformanceGroup, { readonly passed: number; readonly failed: number; readonly skipped: number }>>
  >;
  readonly results: readonly ConformanceResult[];
  /** In the form of shields.io's endpoint badge. */
  readonly badge: {
    readonly schemaVersion: 1;
    readonly label: string;
    readonly message: string;
    readonly color: string;
  };
}

/** Sums results up. */
export function conformanceReport(
  builder: { readonly name: string; readonly capabilities: Iterable<string> },
  results: readonly ConformanceResult[],
): ConformanceReport {
  const count = (status: ConformanceResult["status"], list = results) =>
    list.filter((result) => result.status === status).length;
  const groups = conformanceGroups.flatMap((group) => {
    const own = results.filter((result) => result.group === group);
    const sums = { passed: count("passed", own), failed: count("failed", own), skipped: count("skipped", own) };
    return own.length === 0 ? [] : [[group, sums] as const];
  });
  const [passed, failed, skipped] = [count("passed"), count("failed"), count("skipped")];
  return {
    builder: builder.name,
    contractVersion,
    capabilities: [...builder.capabilities].sort(),
    conformant: failed === 0 && passed > 0,
    passed,
    failed,
    skipped,
    groups: Object.fromEntries(groups),
    results,
    badge: {
      schemaVersion: 1,
      label: "imagespec conformance",
      message: `${passed}/${passed + failed}`,
      color: failed === 0 && passed > 0 ? "brightgreen" : "red",
    },
  };
}

/** A report in one line: `slurm: conformance  definition 6/6 · selection 7/7 · events 9/9`. */
export function formatConformance({ builder, groups }: ConformanceReport): string {
  const parts = Object.entries(groups).map(([group, { passed, failed }]) => `${group} ${passed}/${passed + failed}`);
  return `${builder}: conformance  ${parts.join(" · ")}`;
}
