import { resolve } from "node:path";
import { ImageSpecError, suggest } from "@imagespec/errors";
import type { ImageSpec } from "../spec/image-spec.ts";
import { normalizeImageSpec } from "../spec/normalize-image-spec.ts";
import { normalizePackageName } from "../spec/requirement.ts";
import type { EngineOptions } from "./build-options.ts";
import type { OwnedEngineContext } from "./create-engine-context.ts";
import type { EngineContext } from "./engine-context.ts";
import type { LockOptions, LockResult, LockStatus } from "./lock-result.ts";
import { LockSession } from "./lock-session.ts";
import { lockSpec } from "./lock-spec.ts";
import { type LockTask, lockStatus } from "./lock-subject.ts";
import { effectiveSpec } from "./prepare-spec.ts";

/** A spec to lock, or one with options of its own, that win over those of the whole call. */
export type LockInput =
  | ImageSpec
  | { readonly spec: ImageSpec; readonly options?: Pick<LockOptions, "root" | "lockName"> | undefined };

interface Parts {
  readonly spec: ImageSpec;
  readonly options: LockOptions;
}

/** Makes the locks of specs, one after the other, and writes them when all are made. */
export async function lockSpecs(
  inputs: readonly Parts[],
  options: LockOptions,
  engine: OwnedEngineContext,
  defaults: NonNullable<EngineOptions["defaults"]>,
  signal: AbortSignal,
): Promise<readonly LockResult[]> {
  const session = new LockSession();
  const results = new Map<string, LockResult>();
  const known = new Set<string>();
  for (const input of inputs) {
    const task = taskOf(input, engine, defaults, session, signal);
    for (const result of await lockSpec(task)) {
      const earlier = results.get(result.file);
      if (earlier === undefined || result.status !== "current") results.set(result.file, result);
      for (const name of result.names) known.add(name);
    }
  }
  const { upgrade = false, write = true } = options;
  if (typeof upgrade !== "boolean") checkNames(upgrade, known);
  if (write) await session.write();
  return [...results.values()];
}

/** Whether the locks of specs fit them. */
export async function lockStatuses(
  inputs: readonly Parts[],
  engine: OwnedEngineContext,
  defaults: NonNullable<EngineOptions["defaults"]>,
  signal: AbortSignal,
): Promise<readonly LockStatus[]> {
  const session = new LockSession();
  const statuses = new Map<string, LockStatus>();
  for (const input of inputs) {
    for (const status of await lockStatus(taskOf(input, engine, defaults, session, signal))) {
      if (statuses.get(status.file)?.status !== "stale") statuses.set(status.file, status);
    }
  }
  return [...statuses.values()];
}

/** A spec with build options over its fields, as its lock is made from it. */
export function taskOf(
  { spec, options }: Parts,
  engine: OwnedEngineContext,
  defaults: NonNullable<EngineOptions["defaults"]>,
  session: LockSession,
  signal: AbortSignal,
): LockTask {
  const root = resolve(options.root ?? ".");
  const changed = normalizeImageSpec(effectiveSpec(spec, options, defaults));
  const { registryConfig } = changed;
  const own: EngineContext =
    registryConfig === undefined ? engine : engine.withRegistryConfig(resolve(root, registryConfig));
  return { engine: own, spec: changed, root, lockName: options.lockName ?? spec.name, options, session, signal };
}

/** @throws SPEC_PACKAGE_NOT_FOUND for a name that no lock has */
function checkNames(upgrade: readonly string[], known: ReadonlySet<string>): void {
  const missing = upgrade.find((name) => !known.has(normalizePackageName(name)));
  if (missing === undefined) return;
  const near = suggest(normalizePackageName(missing), [...known]);
  throw new ImageSpecError("SPEC_PACKAGE_NOT_FOUND", `no lock has a package "${missing}" to upgrade`, {
    hint: near === undefined ? "name a package that the lock pins" : `did you mean "${near}"?`,
    details: { package: missing },
  });
}
