import { messageOf } from "@imagespec/errors";
import { allCases } from "./all-cases.ts";
import { skipReason } from "./applicable.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import type { ConformanceOptions } from "./conformance-options.ts";
import { type ConformanceReport, type ConformanceResult, conformanceReport } from "./report.ts";
import { Session } from "./session/session.ts";

/** How a run is watched. */
export interface RunConformanceOptions extends ConformanceOptions {
  /** Called when a test has ended. */
  readonly onResult?: ((result: ConformanceResult) => void) | undefined;
}

/** Runs the whole suite without a test runner. @throws what `createBuilder` throws */
export async function runConformance(options: RunConformanceOptions): Promise<ConformanceReport> {
  return runCases(options, allCases);
}

/** @internal */
export async function runCases(
  { onResult, ...options }: RunConformanceOptions,
  cases: readonly ConformanceCase[],
): Promise<ConformanceReport> {
  const session = new Session(options);
  const results: ConformanceResult[] = [];
  try {
    for (const each of cases) {
      const result = await resultOf(session, each);
      results.push(result);
      onResult?.(result);
    }
    return conformanceReport(session.builder, results);
  } finally {
    await session.close();
  }
}

async function resultOf(session: Session, each: ConformanceCase): Promise<ConformanceResult> {
  const { group, id, title } = each;
  const reason = skipReason(session, each);
  if (reason !== undefined) return { group, id, title, status: "skipped", reason, ms: 0 };
  const start = performance.now();
  try {
    await each.run(session);
    return { group, id, title, status: "passed", ms: performance.now() - start };
  } catch (error) {
    return { group, id, title, status: "failed", error: messageOf(error), ms: performance.now() - start };
  }
}
