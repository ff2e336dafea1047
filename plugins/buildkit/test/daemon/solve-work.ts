import type { SolveExporter, SolveWork } from "../../src/daemon/daemon.ts";

/** The least that a build consists of. */
export function solveWork(
  text: string,
  exporter: SolveExporter = { kind: "none" },
  others: Partial<SolveWork> = {},
): SolveWork {
  return {
    text,
    context: [],
    sharedKey: "imagespec-test",
    platform: "linux/amd64",
    exporter,
    secret: async () => undefined,
    credentials: async () => undefined,
    onStatus: () => undefined,
    signal: AbortSignal.timeout(120_000),
    ...others,
  };
}
