import { type DistributionChange, describeInputChange, type LockResult, type LockStatus } from "@imagespec/core";
import type { Style } from "./style.ts";
import { formatTable } from "./table.ts";

/** Changes that are listed one by one; of more, only the number is told. */
const maxListed = 40;

/** What became of a lock, for people. */
export function formatLockResult(result: LockResult, file: string, style: Style): readonly string[] {
  const { status, stale, changes, baseChanges, names, python, platforms, floating } = result;
  const facts = [
    `${names.length} package${names.length === 1 ? "" : "s"}`,
    ...(python === undefined ? [] : [`python ${python}`]),
    platforms.join(" "),
  ];
  const word = status === "current" ? style.dim("current") : style.green(status);
  const lines = [`  ${word}  ${style.bold(file)}  ${style.dim(facts.join(" · "))}`];
  lines.push(...stale.map((change) => `    ${style.yellow("spec")}  ${change.field}: ${describeInputChange(change)}`));
  // A first lock has everything for the first time: nobody reads that.
  if (status === "updated")
    lines.push(...formatChanges("base", baseChanges, style), ...formatChanges("", changes, style));
  if (floating.length > 0) {
    lines.push(`    ${style.yellow("!")} not locked, and may change by itself: ${floating.join(", ")}`);
  }
  return lines;
}

/** Whether a lock fits, for people. */
export function formatLockStatus({ status, stale }: LockStatus, file: string, style: Style): readonly string[] {
  const word = status === "current" ? style.green(status) : style.red(status);
  const lines = [`  ${word}  ${style.bold(file)}`];
  lines.push(...stale.map((change) => `    ${change.field}: ${describeInputChange(change)}`));
  if (status !== "current") lines.push(`    ${style.cyan("hint:")} run "imagespec lock"`);
  return lines;
}

/** One line a change: `+ rich 14.0`, `- six 1.17`, `~ pandas 2.3.1 → 2.3.2`. */
export function formatChanges(title: string, changes: readonly DistributionChange[], style: Style): readonly string[] {
  const label = title === "" ? "" : `${title} `;
  const rows = changes.slice(0, maxListed).map(({ name, before, now }) => {
    if (before === undefined) return [style.green(`  ${label}+ ${name}`), shorten(now)];
    if (now === undefined) return [style.red(`  ${label}- ${name}`), shorten(before)];
    return [style.yellow(`  ${label}~ ${name}`), `${shorten(before)} → ${shorten(now)}`];
  });
  const more = changes.length - rows.length;
  return [...formatTable(rows), ...(more > 0 ? [`    ${label}and ${more} more`] : [])];
}

/** Digests are told by their first digits. */
function shorten(text: string | undefined): string {
  return (text ?? "").replace(/^(sha256:[0-9a-f]{12})[0-9a-f]{52}$/, "$1…");
}
