import { explainOutput, fieldOf, shortText } from "@imagespec/dockerfile";
import { type ErrorCode, ImageSpecError } from "@imagespec/errors";
import type { SolveError } from "../daemon/daemon.ts";
import type { TrackedVertex } from "../progress/create-progress.ts";
import type { ExplanationContext } from "./explain-solve-error.ts";

/** The error for an instruction of the Dockerfile that failed: the field that it carries out, what it printed, and the exit code. */
export function explainStep(error: SolveError, failed: TrackedVertex, context: ExplanationContext): ImageSpecError {
  const { spec, steps, daemon } = context;
  const line = error.details.find((detail) => detail.kind === "source")?.ranges[0]?.start;
  const byLine =
    line === undefined ? undefined : steps.find(({ firstLine, lastLine }) => firstLine <= line && line <= lastLine);
  const planned = byLine ?? failed.description.planned;
  const name = planned?.name ?? failed.description.name;
  const logTail = failed.tail.lines;
  const exitCode = exitCodeOf(error, failed);
  const known = planned === undefined ? undefined : explainOutput(planned, logTail, spec);
  const path = known?.path ?? (planned === undefined ? "" : fieldOf(planned, spec));
  const outcome =
    exitCode === undefined ? `failed: ${shortText(reasonOf(error, failed))}` : `failed with exit code ${exitCode}`;
  const emulation = lacksEmulation(logTail, error.message);
  const code: ErrorCode = emulation ? "ENGINE_UNSUPPORTED" : (known?.code ?? "BUILD_STEP_FAILED");
  const hint = emulation
    ? "build on a machine of the platform, or install emulation there (binfmt_misc with qemu)"
    : (known?.hint ?? hintFor(exitCode));
  const message = `step "${name}" ${outcome}${known === undefined ? "" : `: ${known.message}`}`;
  return new ImageSpecError(code, message, {
    hint,
    cause: error,
    logTail,
    problems: path === "" ? [] : [{ code, path, message: known?.message ?? outcome, hint }],
    details: {
      step: name,
      ...(daemon === undefined ? {} : { host: daemon }),
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(line === undefined ? {} : { line }),
    },
  });
}

function exitCodeOf(error: SolveError, failed: TrackedVertex): number | undefined {
  const stated = error.details.find((detail) => detail.kind === "exit")?.code;
  if (stated !== undefined) return stated;
  // Engine 20.10 attaches no facts: `executor failed running [/bin/sh -c …]: exit code: 7`.
  const text = /exit code: (\d+)$/.exec(reasonOf(error, failed))?.[1];
  return text === undefined ? undefined : Number(text);
}

/** Without the command, which is long and known: the step has a name. */
function reasonOf(error: SolveError, failed: TrackedVertex): string {
  const text = failed.vertex.error === "" ? error.message : failed.vertex.error;
  return text
    .replace(/^executor failed running \[[\s\S]*\]: (?=[^\]]*$)/, "")
    .replace(/^process "[\s\S]*" did not complete successfully: (?=[^"]*$)/, "");
}

/** A step for a foreign platform on a machine that cannot run it says so in its own log. */
function lacksEmulation(lines: readonly string[], message: string): boolean {
  return /exec format error/i.test(lines.slice(-3).join("\n")) || /exec format error/i.test(message);
}

function hintFor(exitCode: number | undefined): string {
  if (exitCode === 137) return "give the daemon more memory: the step was killed, most likely for want of it";
  if (exitCode === 127) return "check that the command exists in the base image, or add the package that brings it";
  return "read the last lines of its log below";
}
