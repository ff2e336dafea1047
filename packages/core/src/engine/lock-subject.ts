import { join } from "node:path";
import { ImageSpecError } from "@imagespec/errors";
import { type LockSubject, staleInputs } from "../lock/own-lock.ts";
import type { NormalizedImageSpec } from "../spec/normalized-spec.ts";
import { nestedLockName, nestedSpec, ownLockPath, resolveImageSpec } from "../spec/resolve-image-spec.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import type { EngineContext } from "./engine-context.ts";
import type { LockOptions, LockStatus } from "./lock-result.ts";
import type { LockSession } from "./lock-session.ts";
import { contentOptionsOf } from "./prepare-spec.ts";

/** A spec to lock, with what it takes. */
export interface LockTask {
  readonly engine: EngineContext;
  readonly spec: NormalizedImageSpec;
  /** Absolute. */
  readonly root: string;
  readonly lockName: string | undefined;
  readonly options: LockOptions;
  readonly session: LockSession;
  readonly signal: AbortSignal;
}

/** What a lock is made from. */
export interface SubjectOfLock {
  /** For people. */
  readonly title: string;
  /** Of the lock file, relative to the root. */
  readonly path: string;
  /** Of the lock file, absolute. */
  readonly file: string;
  readonly spec: ResolvedImageSpec;
  readonly fields: LockSubject;
}

/** Reads a spec as a lock sees it: without its source, and without its own lock unless a text is given for it. */
export async function lockSubject(task: LockTask, own: Readonly<Record<string, string>> = {}): Promise<SubjectOfLock> {
  const { root, lockName = task.spec.name, session, signal } = task;
  const path = ownLockPath(task.spec, root, lockName === undefined ? {} : { lockName });
  if (path === undefined) {
    throw new ImageSpecError("SPEC_VALUE", "a spec without a name has no lock file of its own", {
      hint: 'add name: "team/image" to the spec',
      problems: [{ code: "SPEC_VALUE", path: "name", message: "the lock file is named after it" }],
    });
  }
  const isGiven = Object.hasOwn(own, path);
  const spec = await resolveImageSpec(withoutSource(task.spec), {
    root,
    signal,
    contentOptions: contentOptionsOf(task.engine),
    lockTexts: new Map([...session.texts(root), ...Object.entries(own)]),
    lockFile: isGiven ? path : null,
    ...(lockName === undefined ? {} : { lockName }),
  });
  const fields = { ...spec, projectLock: isGiven ? undefined : spec.lock };
  return { title: lockName ?? path, path, file: join(root, path), spec, fields };
}

/** Whether the locks of a spec, and of the spec that it stands on, fit. */
export async function lockStatus(task: LockTask): Promise<readonly LockStatus[]> {
  const nested = nestedSpec(task.spec);
  const below =
    nested === undefined
      ? []
      : await lockStatus({ ...task, spec: nested, lockName: nestedLockName(task.spec, task.lockName) });
  if (below.some(({ status }) => status === "stale")) return below;
  const { title, path, file, fields } = await lockSubject(task);
  const found = await task.session.read(task.root, path);
  const own = found?.meaning?.own;
  const stale = own === undefined ? [] : staleInputs(own, fields);
  const status = found === undefined ? "missing" : own === undefined || stale.length > 0 ? "stale" : "current";
  return [...below, { name: title, file, status, stale }];
}

function withoutSource(spec: NormalizedImageSpec): NormalizedImageSpec {
  const { base } = spec;
  return {
    ...spec,
    base: base.kind === "spec" ? { kind: "spec", spec: withoutSource(base.spec) } : base,
    sourceRoot: undefined,
    sourceCopyMode: "none",
    copy: [],
  };
}
