import type { StepView, TransferView } from "./build-view.ts";
import { formatBytes, formatDuration } from "./format.ts";
import type { Style } from "./style.ts";
import { terminalText } from "./terminal-text.ts";
import { padTo, textWidth, truncate } from "./text-width.ts";

export const spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] as const;

const labelWidth = 14;
const usualDetailWidth = 40;
const widest = 100;

interface LineOptions {
  readonly style: Style;
  readonly columns: number;
  /** Which frame of the spinner running steps show. */
  readonly frame: number;
  /** Milliseconds that a running step has taken so far. */
  readonly elapsedMs: number;
  /** Names the platform in the label. */
  readonly namesPlatform: boolean;
  /** How wide details are at least, so that times stand below each other. @default 40 */
  readonly detailWidth?: number;
}

/** One line for a step: mark, label, detail, time. */
export function formatStep(step: StepView, options: LineOptions): string {
  const { style, columns, namesPlatform, detailWidth = usualDetailWidth } = options;
  const label = namesPlatform && step.platform !== undefined ? `${step.label} ${step.platform}` : step.label;
  const indent = step.base === undefined ? "  " : "    ";
  const time = timeOf(step, options);
  const width = Math.min(columns - 1, widest);
  const room = width - textWidth(indent) - 2 - Math.max(labelWidth, textWidth(label)) - 1 - 2 - textWidth(time);
  const detail = truncate(detailOf(step), Math.max(8, room));
  const left = `${indent}${markOf(step, options)} ${padTo(label, labelWidth)} ${padTo(detail, Math.min(detailWidth, Math.max(8, room)))}`;
  return `${left}${time === "" ? "" : `  ${style.dim(time)}`}`.trimEnd();
}

function markOf({ state }: StepView, { style, frame }: LineOptions): string {
  if (state === "done" || state === "cached") return style.green("✔");
  if (state === "failed") return style.red("✗");
  if (state === "canceled") return style.yellow("-");
  if (state === "queued") return style.dim("·");
  return style.cyan(spinner[frame % spinner.length] ?? "·");
}

/** How wide details have to be for the times of all these steps to stand below each other. */
export function detailWidthOf(steps: readonly StepView[]): number {
  const timed = steps.filter(({ ms, state }) => ms !== undefined && state !== "cached");
  return Math.max(usualDetailWidth, ...timed.map((step) => textWidth(detailOf(step))));
}

function detailOf({ state, detail, transfer }: StepView): string {
  // Why it failed is said once, below the steps.
  if (state === "failed") return "";
  // Twelve digits tell digests apart; all of them push everything else off the line.
  const text = terminalText(detail ?? "").replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, "$1");
  if (state === "running" && transfer !== undefined) {
    const moved = formatTransfer(transfer);
    return text === "" ? moved : `${text} · ${moved}`;
  }
  if (state === "cached") return text === "" ? "(cached)" : `${text} (cached)`;
  return text;
}

/** `12 MB of 76 MB · 8.1 MB/s`. */
export function formatTransfer({ unit, current, total, rate }: TransferView): string {
  const amount = unit === "byte" ? formatBytes : String;
  const moved = total === undefined ? amount(current) : `${amount(current)} of ${amount(total)}`;
  return rate === undefined || unit === "item" ? moved : `${moved} · ${formatBytes(rate)}/s`;
}

function timeOf({ state, ms }: StepView, { elapsedMs }: LineOptions): string {
  if (ms !== undefined && state !== "cached") return formatDuration(ms);
  return state === "running" && elapsedMs >= 1000 ? formatDuration(elapsedMs) : "";
}
