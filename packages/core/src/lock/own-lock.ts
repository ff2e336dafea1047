import { ImageSpecError, type SpecProblem } from "@imagespec/errors";
import { compareLockInputs, describeInputChange, type LockInputChange } from "./compare-lock-inputs.ts";
import { type LockedFields, type LockInputs, lockInputs } from "./lock-inputs.ts";
import type { LockMeaning, OwnLock } from "./lock-meaning.ts";

/** The name of a spec's own lock: `acme/train` → `pylock.acme-train.toml`. */
export function lockFileName(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  return `pylock.${slug === "" ? "image" : slug}.toml`;
}

/** The table of a lock that must be one of our own. @throws LOCK_INVALID */
export function ownTableOf({ own, file }: LockMeaning): OwnLock {
  if (own !== undefined) return own;
  throw new ImageSpecError("LOCK_INVALID", `"${file}" has no [tool.imagespec] table`, {
    hint: `name the file in requirements to use a lock of another tool, or remove it and run "imagespec lock"`,
    details: { file },
  });
}

/** What a lock has to fit. */
export interface LockSubject extends LockedFields {
  readonly packages: readonly string[];
  readonly platforms: readonly string[];
}

/** What changed since a lock was written; nothing when it is current. A platform that is no longer asked for does not count. */
export function staleInputs(own: OwnLock, subject: LockSubject): readonly LockInputChange[] {
  const inputs = lockInputs(subject);
  const missing = subject.platforms.filter((platform) => !own.platforms.includes(platform));
  const platforms = missing.map((platform) => ({ field: "platform", before: undefined, now: platform }));
  return [...inputChanges(own, inputs), ...platforms];
}

function inputChanges(own: OwnLock, inputs: LockInputs): readonly LockInputChange[] {
  if (own.inputsHash === inputs.hash) return [];
  const changes = compareLockInputs(own.inputs, inputs.values);
  // The table was edited by hand, or two versions of it were merged.
  return changes.length > 0 ? changes : [{ field: "inputs-hash", before: own.inputsHash, now: inputs.hash }];
}

/** @throws LOCK_INVALID for a lock of another tool; LOCK_STALE naming what changed since the lock was written */
export function checkOwnLock(lock: LockMeaning, subject: LockSubject): void {
  const changes = staleInputs(ownTableOf(lock), subject);
  if (changes.length > 0) throw staleLock(lock.file, changes, subject);
}

/** `LOCK_STALE` with every change, each at the field that it comes from. */
export function staleLock(
  file: string,
  changes: readonly LockInputChange[],
  subject: Pick<LockSubject, "packages">,
): ImageSpecError {
  const problems = changes.map((change): SpecProblem => {
    const path = pathOf(change, subject);
    return { code: "LOCK_STALE", path, message: `${describeInputChange(change)} since the lock was written` };
  });
  const told = [...new Set(changes.map(({ field }) => field))].map((field) => {
    const own = changes.filter((change) => change.field === field).map(describeInputChange);
    return `${field}: ${own.length > 3 ? `${own.slice(0, 3).join(", ")} and ${own.length - 3} more` : own.join(", ")}`;
  });
  return new ImageSpecError("LOCK_STALE", `"${file}" is stale: ${told.join("; ")}`, {
    hint: hintFor(changes),
    details: { file, changes },
    problems,
  });
}

/** A platform may have been asked for by the build alone: then the spec does not tell the lock of it. */
function hintFor(changes: readonly LockInputChange[]): string {
  const platforms = changes.filter(({ field }) => field === "platform").map(({ now }) => now);
  if (platforms.length < changes.length) return 'run "imagespec lock"';
  return `run "imagespec lock", after adding ${platforms.join(" and ")} to platform of the spec where it is not there`;
}

/** The entry of the list where it is one of the spec's own, else the field. */
function pathOf({ field, now }: LockInputChange, { packages }: Pick<LockSubject, "packages">): string {
  const position = field === "packages" && now !== undefined ? packages.indexOf(now) : -1;
  return position === -1 ? field : `packages[${position}]`;
}
