import { ImageSpecError } from "@imagespec/errors";
import type { LockInputs } from "./lock-inputs.ts";
import type { LockMeaning } from "./lock-meaning.ts";

/** The name of a spec's own lock: `acme/train` → `pylock.acme-train.toml`. */
export function lockFileName(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  return `pylock.${slug === "" ? "image" : slug}.toml`;
}

/** @throws LOCK_STALE naming the fields that changed since the lock was written */
export function checkOwnLock(lock: LockMeaning, inputs: LockInputs): void {
  const { own } = lock;
  if (own === undefined) {
    throw new ImageSpecError("LOCK_INVALID", `"${lock.file}" has no [tool.imagespec] table`, {
      hint: `name the file in requirements to use a lock of another tool, or write it again with "imagespec lock"`,
      details: { file: lock.file },
    });
  }
  if (own.inputs === inputs.hash) return;
  const names = new Set([...Object.keys(own.inputHashes), ...Object.keys(inputs.fields)]);
  const changed = [...names].filter((name) => own.inputHashes[name] !== inputs.fields[name]).sort();
  const what = changed.length === 0 ? "the spec" : changed.join(", ");
  throw new ImageSpecError("LOCK_STALE", `"${lock.file}" is stale: ${what} changed since it was written`, {
    hint: 'run "imagespec lock"',
    details: { file: lock.file, changed },
    problems: changed.map((path) => ({
      code: "LOCK_STALE" as const,
      path,
      message: "changed since the lock was written",
    })),
  });
}
