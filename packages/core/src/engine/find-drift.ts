import { compareDistributions, type DistributionChange } from "../lock/compare-locks.ts";
import { distributionsFor } from "../lock/platform-marker.ts";
import { readLock } from "../lock/read-lock.ts";
import { openOutputToRead } from "../outputs/open-output.ts";
import type { BuildTarget } from "./build-target.ts";
import { checkExistence } from "./check-existence.ts";
import { LockSession } from "./lock-session.ts";
import { lockSpec } from "./lock-spec.ts";
import type { LockTask } from "./lock-subject.ts";
import { recordedDistributions } from "./recorded-distributions.ts";

/** What would be installed now instead of what is locked, or was built. */
export interface Drift {
  /** Of the spec. */
  readonly name: string;
  /**
   * `lock`: compared with the spec's lock. `image`: with the record of the image that is there. `nothing`: there is neither a
   * lock nor a record.
   */
  readonly against: "lock" | "image" | "nothing";
  /** Path of the lock, or reference of the image. */
  readonly reference: string | undefined;
  readonly changes: readonly DistributionChange[];
  /** For a lock: the digest of the base, or its packages. */
  readonly baseChanges: readonly DistributionChange[];
}

/** Resolves a spec and those that it stands on anew and compares; nothing is written. */
export async function findDrift(task: LockTask, target: BuildTarget): Promise<readonly Drift[]> {
  const session = new LockSession();
  const results = await lockSpec({ ...task, session, options: { ...task.options, upgrade: true, write: false } });
  const drifts: Drift[] = [];
  for (const [index, { name, file, status, text, changes, baseChanges }] of results.entries()) {
    if (status !== "created") drifts.push({ name, against: "lock", reference: file, changes, baseChanges });
    else if (index === results.length - 1) drifts.push(await comparedWithImage(task, target, name, text));
  }
  return drifts;
}

async function comparedWithImage(task: LockTask, target: BuildTarget, name: string, text: string): Promise<Drift> {
  const { engine, signal } = task;
  const nothing: Drift = { name, against: "nothing", reference: undefined, changes: [], baseChanges: [] };
  const output = await openOutputToRead(target.place, engine);
  if (output === undefined) return nothing;
  const { platforms } = await checkExistence(output, target, signal);
  const { distributions } = await readLock("pylock", text, "the new resolution");
  for (const platform of target.spec.platforms) {
    const facts = platforms.get(platform);
    if (facts === undefined) continue;
    const record = await output.readRecord(facts.image.descriptor, { signal });
    const before = record === undefined ? undefined : recordedDistributions(record);
    if (before === undefined) continue;
    const changes = compareDistributions(before, distributionsFor(distributions, platform));
    return { name, against: "image", reference: output.reference(target.tag), changes, baseChanges: [] };
  }
  return nothing;
}
