import { SolveError, type SolveErrorDetail } from "../daemon/daemon.ts";

/**
 * The error behind the plain text that buildx prints when a build fails: `ERROR: …` in the end, and before it the place in the
 * Dockerfile (`Dockerfile:12`).
 */
export function plainError(lines: readonly string[], exitCode: number | undefined): SolveError {
  const start = lines.findLastIndex((line) => /^(?:ERROR|error): /.test(line));
  const said = (start < 0 ? lines.slice(-5) : lines.slice(start)).join("\n").trim();
  const message = said.replace(/^(?:ERROR|error): /, "").replace(/^failed to build: /, "");
  const line = Number(/^Dockerfile:(\d+)$/m.exec(lines.join("\n"))?.[1]);
  const details: SolveErrorDetail[] = [];
  if (!Number.isNaN(line)) details.push({ kind: "source", file: "Dockerfile", ranges: [{ start: line, end: line }] });
  const exit = /exit code: (\d+)$/.exec(message)?.[1];
  if (exit !== undefined) details.push({ kind: "exit", code: Number(exit) });
  const reason = message === "" ? `docker buildx ended with exit code ${String(exitCode)} and said nothing` : message;
  // Unknown is what gRPC calls every failure of a step.
  return new SolveError(reason, { grpcCode: 2, details });
}
