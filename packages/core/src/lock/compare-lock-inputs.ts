import { normalizePackageName } from "../spec/requirement.ts";
import type { LockInputs, LockInputValue } from "./lock-inputs.ts";

/** One difference between what a lock was made from and what the spec says now. */
export interface LockInputChange {
  /** Name of the field, as in `[tool.imagespec.inputs]`. */
  readonly field: string;
  readonly before: string | undefined;
  readonly now: string | undefined;
}

/** What changed, field by field; of lists, entry by entry. */
export function compareLockInputs(before: LockInputs["values"], now: LockInputs["values"]): readonly LockInputChange[] {
  const fields = [...new Set([...Object.keys(now), ...Object.keys(before)])];
  return fields.flatMap((field) => compareValues(field, before[field], now[field]));
}

/** `"rich" was added`, `"3.12" is now "3.13"` */
export function describeInputChange({ before, now }: LockInputChange): string {
  if (before === undefined) return `"${now}" was added`;
  return now === undefined ? `"${before}" was removed` : `"${before}" is now "${now}"`;
}

function compareValues(
  field: string,
  before: LockInputValue | undefined,
  now: LockInputValue | undefined,
): readonly LockInputChange[] {
  if (typeof before === "string" || typeof now === "string") {
    const [left, right] = [textOf(before), textOf(now)];
    return left === right ? [] : [{ field, before: left, now: right }];
  }
  const gone = (before ?? []).filter((line) => !now?.includes(line));
  const added = (now ?? []).filter((line) => !before?.includes(line));
  const changes: LockInputChange[] = [];
  for (const line of added) {
    // The same package with other words is one change, not two.
    const position = gone.findIndex((candidate) => subjectOf(candidate) === subjectOf(line));
    const [replaced] = position === -1 ? [undefined] : gone.splice(position, 1);
    changes.push({ field, before: replaced, now: line });
  }
  return [...changes, ...gone.map((line) => ({ field, before: line, now: undefined }))];
}

function textOf(value: LockInputValue | undefined): string | undefined {
  return value === undefined || typeof value === "string" ? value : value.join(", ");
}

function subjectOf(line: string): string {
  const name = /^[A-Za-z0-9][\w.-]*/.exec(line)?.[0];
  return name === undefined ? line : normalizePackageName(name);
}
