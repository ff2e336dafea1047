import { type ImageSpecError, messageOf, type SpecProblem } from "@imagespec/errors";
import type { KeptLog } from "./build-reporter.ts";
import { formatCodeFrame } from "./code-frame.ts";
import { placeOfProblem, type SpecOrigin, statedPlace } from "./error-place.ts";
import type { Style } from "./style.ts";
import { terminalText } from "./terminal-text.ts";

export interface ErrorLook {
  readonly style: Style;
  readonly columns: number;
  /** For the files that an error names. */
  readonly cwd: string;
  /** The spec that the error is about. */
  readonly origin?: SpecOrigin | undefined;
  /** Shows causes and stacks too. */
  readonly isVerbose?: boolean | undefined;
  /** What `imagespec logs --last` would show. */
  readonly log?: KeptLog | undefined;
}

const shownLogLines = 20;

/** An error for people: what is wrong, where, and what to do about it. */
export function formatError(error: ImageSpecError, look: ErrorLook): readonly string[] {
  const { style } = look;
  const isList = error.problems.length > 1;
  return [
    `  ${style.red("✗")} ${style.bold(oneLine(isList ? headline(error) : error.message))}   ${style.dim(error.code)}`,
    ...(isList ? error.problems.flatMap((problem) => formatProblem(problem, error, look)) : formatSingle(error, look)),
    // A mistake in a spec is named by its place, not by what some program said of it.
    ...(error.origin === "spec" && !look.isVerbose ? [] : formatLogTail(error, look)),
    ...formatCauses(error, look),
  ];
}

/** The one place of the error, and its hint. */
function formatSingle(error: ImageSpecError, look: ErrorLook): readonly string[] {
  const { style, columns, cwd, origin } = look;
  const [problem] = error.problems;
  const place = problem === undefined ? statedPlace(error.details, cwd) : placeOfProblem(problem, error, origin, cwd);
  const hint = error.hint ?? problem?.hint;
  return [
    ...(place === undefined ? [] : formatCodeFrame(place, style, columns)),
    ...(hint === undefined ? [] : [`    ${style.cyan("hint:")} ${oneLine(hint)}`]),
  ];
}

function formatProblem(problem: SpecProblem, error: ImageSpecError, look: ErrorLook): readonly string[] {
  const { style, columns, cwd, origin } = look;
  const place = placeOfProblem(problem, error, origin, cwd);
  const subject = problem.path === "" || problem.message.startsWith(problem.path) ? "" : `${problem.path}: `;
  return [
    `  ${style.red("-")} ${oneLine(`${subject}${problem.message}`)}   ${style.dim(problem.code)}`,
    ...(place === undefined ? [] : formatCodeFrame(place, style, columns)),
    ...(problem.hint === undefined ? [] : [`    ${style.cyan("hint:")} ${oneLine(problem.hint)}`]),
  ];
}

/** The message without the problems that it goes on to list. */
function headline({ message, problems }: ImageSpecError): string {
  const cut = message.indexOf(": ");
  const rest = message.slice(cut);
  return cut !== -1 && problems.some((problem) => rest.includes(problem.message)) ? message.slice(0, cut) : message;
}

function formatLogTail({ logTail }: ImageSpecError, { style, log }: ErrorLook): readonly string[] {
  const shown = logTail.slice(-shownLogLines).map((line) => `    ${style.dim("│")} ${terminalText(line)}`);
  const left = logTail.length - shown.length;
  const lines = left > 0 ? [`    ${style.dim(`│ … ${left} lines before`)}`, ...shown] : shown;
  if (log === undefined || log.lines <= shown.length) return lines;
  const kept = `${log.lines} ${log.lines === 1 ? "line" : "lines"}, \`imagespec logs --last\``;
  return [...lines, `    ${style.cyan("log:")} ${kept}`];
}

/** A defect shows its stack, so that it can be reported; anything else only when asked. */
function formatCauses(error: ImageSpecError, { style, isVerbose = false }: ErrorLook): readonly string[] {
  const lines: string[] = [];
  let cause: unknown = error.cause;
  for (let depth = 0; cause !== undefined && depth < 5; depth++) {
    if (error.code === "INTERNAL" && cause instanceof Error) {
      const stack = (cause.stack ?? cause.message).split("\n");
      lines.push(...stack.map((line) => `    ${style.dim(terminalText(line))}`));
    } else if (isVerbose) lines.push(`    ${style.dim(`cause: ${oneLine(messageOf(cause))}`)}`);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines;
}

function oneLine(text: string): string {
  return terminalText(text.replace(/\s*\n\s*/g, " "));
}
