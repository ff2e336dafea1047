import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { ImageSpecError } from "@imagespec/errors";
import type { LockedBase } from "../builder/locked-base.ts";
import type { ResolvedDistribution, TargetEnvironment } from "../builder/resolver.ts";
import { platformSpec } from "../fingerprint/fingerprint-spec.ts";
import { compareDistributions } from "../lock/compare-locks.ts";
import { formatLock, type LockedPlatform } from "../lock/format-lock.ts";
import { lockInputs } from "../lock/lock-inputs.ts";
import type { LockMeaning, OwnLock } from "../lock/lock-meaning.ts";
import { staleInputs } from "../lock/own-lock.ts";
import { distributionsFor } from "../lock/platform-marker.ts";
import { readLock } from "../lock/read-lock.ts";
import { normalizePackageName } from "../spec/requirement.ts";
import { referenceBase } from "../spec/resolve-base.ts";
import { nestedLockName, nestedSpec } from "../spec/resolve-image-spec.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import { compareBases } from "./compare-bases.ts";
import { currentDigest, lockingBuilder, lookAtBase, pythonOf } from "./lock-base.ts";
import type { LockOptions, LockResult } from "./lock-result.ts";
import { type LockTask, lockSubject, type SubjectOfLock } from "./lock-subject.ts";
import { readSecret } from "./read-secret.ts";
import { needsSdists } from "./required-capabilities.ts";

/** Makes the locks of a spec: that of the spec it stands on first. They are kept in the session, and written by it. */
export async function lockSpec(task: LockTask, isBase = false): Promise<readonly LockResult[]> {
  const nested = nestedSpec(task.spec);
  const below =
    nested === undefined
      ? []
      : await lockSpec({ ...task, spec: nested, lockName: nestedLockName(task.spec, task.lockName) }, true);
  const subject = await lockSubject(task);
  const { root, session, options } = task;
  const previous = await session.read(root, subject.path);
  const own = previous?.meaning?.own;
  const stale = own === undefined ? [] : staleInputs(own, subject.fields);
  const isCurrent = own !== undefined && stale.length === 0 && !asksForUpgrade(options);
  const { hash } = lockInputs(subject.fields);
  let text = previous?.text ?? "";
  if (!isCurrent) {
    // A base that several images stand on is locked for the platforms of all of them.
    const keepsPlatforms = isBase || session.has(root, subject.path);
    const platforms = new Set([...subject.spec.platforms, ...(keepsPlatforms ? (own?.platforms ?? []) : [])]);
    text = await makeLock(task, subject, previous?.meaning, [...platforms].sort());
  }
  session.keep(root, subject.path, { text, inputs: hash });
  const meaning = await readLock("pylock", text, subject.path);
  const result: LockResult = {
    name: subject.title,
    file: subject.file,
    status: previous === undefined ? "created" : text === previous.text ? "current" : "updated",
    stale,
    changes: compareDistributions(previous?.meaning?.distributions ?? [], meaning.distributions),
    baseChanges: compareBases(own, meaning.own),
    platforms: meaning.own?.platforms ?? [],
    python: meaning.own?.python,
    names: [...new Set(meaning.distributions.map(({ name }) => name))].sort(),
    floating: (await lockSubject(task, { [subject.path]: text })).spec.floating,
    text,
  };
  return [...below, result];
}

function asksForUpgrade({ upgrade = false, upgradeBase = false }: LockOptions): boolean {
  return upgradeBase || upgrade === true || (Array.isArray(upgrade) && upgrade.length > 0);
}

async function makeLock(
  task: LockTask,
  { spec, fields, title }: SubjectOfLock,
  previous: LockMeaning | undefined,
  platforms: readonly string[],
): Promise<string> {
  const upgradesBase = task.options.upgradeBase ?? task.options.upgrade === true;
  const inputs = lockInputs(fields);
  const own = previous?.own;
  const before = own?.inputs["baseImage"] === inputs.values["baseImage"] && !upgradesBase ? own : undefined;
  const pinned = await pinBase(task, spec, before);
  const locked: LockedPlatform[] = [];
  const facts: LockedBase[] = [];
  for (const platform of platforms) {
    // The platforms of a lock may be more than those of the spec.
    const one = platformSpec(pinned.spec, platform);
    task.options.onLog?.(`${title}: base for ${platform}`);
    const base = await lookAtBase(one, {
      engine: task.engine,
      previous: before?.baseLock[platform],
      upgrade: upgradesBase,
      signal: task.signal,
    });
    facts.push(base);
    const kept = previous === undefined ? [] : keptPins(previous, platform, task.options);
    const preferences = mergePins(kept, locked[0]?.distributions ?? [], task.options);
    task.options.onLog?.(`${title}: packages for ${platform}`);
    const distributions = await resolvePackages(task, one, base, preferences);
    locked.push({ platform, distributions, baseLock: base.lock });
  }
  const [base] = facts;
  const libc = base?.libc;
  return formatLock({
    title,
    platforms: locked,
    inputs,
    baseDigest: pinned.digest,
    python: base === undefined ? undefined : pythonOf(spec, base),
    libc: libc === undefined ? undefined : `${libc.kind} ${libc.version}`,
  });
}

/** The spec on the digest that its base reference is locked to, or points to now. */
async function pinBase(
  task: LockTask,
  spec: ResolvedImageSpec,
  before: OwnLock | undefined,
): Promise<{ readonly spec: ResolvedImageSpec; readonly digest: string | undefined }> {
  const { resolvedBase } = spec;
  if (resolvedBase.kind !== "reference") return { spec, digest: undefined };
  const { reference } = resolvedBase;
  const digest = before?.baseDigest ?? (await currentDigest(reference, spec, task));
  return { spec: { ...spec, resolvedBase: referenceBase(reference, digest) }, digest };
}

type Pin = { readonly name: string; readonly version: string };

function keptPins(previous: LockMeaning, platform: string, { upgrade = false }: LockOptions): readonly Pin[] {
  if (upgrade === true) return [];
  const upgraded = namesOf(upgrade);
  return distributionsFor(previous.distributions, platform).filter(({ name }) => !upgraded.has(name));
}

/** Platforms agree where they can: what one of them took is preferred by the next. */
function mergePins(kept: readonly Pin[], first: readonly Pin[], { upgrade = false }: LockOptions): readonly string[] {
  const names = new Set(kept.map(({ name }) => name));
  const others = first.filter(({ name }) => !names.has(name) || namesOf(upgrade).has(name));
  // A git repository has no version to keep to.
  const pinned = [...kept, ...others].filter(({ version }) => version !== "");
  return pinned.map(({ name, version }) => `${name}==${version}`);
}

function namesOf(upgrade: boolean | readonly string[]): ReadonlySet<string> {
  return new Set(typeof upgrade === "boolean" ? [] : upgrade.map(normalizePackageName));
}

async function resolvePackages(
  task: LockTask,
  spec: ResolvedImageSpec,
  base: LockedBase,
  preferences: readonly string[],
): Promise<readonly ResolvedDistribution[]> {
  if (spec.requirementLines.length === 0 && spec.lock === undefined) return [];
  const { engine, root, signal } = task;
  const target = targetOf(spec, base);
  const constraints = Object.entries(base.distributions).map(([name, version]) => `${name}==${version}`);
  const builder = lockingBuilder(spec, engine);
  const resolver = engine.resolver ?? builder.resolver?.(spec, { cacheFolder: engine.cacheFolder });
  if (resolver === undefined) {
    throw new ImageSpecError("RESOLVER_UNAVAILABLE", "neither the engine nor a builder has a resolver", {
      hint: "give the engine a resolver, such as createUvResolver of @imagespec/resolver",
    });
  }
  const { distributions } = await resolver.resolve(spec, target, {
    constraints,
    preferences,
    sdists: needsSdists(spec),
    secret: (id) => readSecret(spec, id, engine, signal),
    signal,
    ...(task.options.onLog === undefined ? {} : { onLog: task.options.onLog }),
  });
  return distributions.map((distribution) => withRelativePath(distribution, root));
}

/** The interpreter that the packages are for. @throws BASE_UNSUPPORTED */
function targetOf(spec: ResolvedImageSpec, base: LockedBase): TargetEnvironment {
  const pythonVersion = pythonOf(spec, base);
  const isScratch = spec.resolvedBase.kind === "scratch";
  // An interpreter that is brought along stands on the oldest C library that current wheels are made for.
  const libc = base.libc ?? (isScratch ? ({ kind: "glibc", version: "2.17" } as const) : undefined);
  if (pythonVersion !== undefined && libc !== undefined) {
    return { platform: spec.platforms[0] ?? "", pythonVersion, libc };
  }
  const what = pythonVersion === undefined ? "no Python" : "a C library that was not recognised";
  throw new ImageSpecError("BASE_UNSUPPORTED", `baseImage: the base has ${what}`, {
    hint:
      pythonVersion === undefined
        ? "choose a base with Python, or set pythonVersion"
        : "choose a base with glibc or musl",
    problems: [{ code: "BASE_UNSUPPORTED", path: "baseImage", message: `the base has ${what}` }],
  });
}

/** A file on this machine is named relative to the lock file, so that the project can be moved. */
function withRelativePath(distribution: ResolvedDistribution, root: string): ResolvedDistribution {
  const relativePath = (url: string): string | undefined =>
    url.startsWith("file:") ? relative(root, fileURLToPath(url)).split(sep).join("/") : undefined;
  const { name, version, wheel, sdist } = distribution;
  const url = relativePath(wheel?.url ?? (sdist?.kind === "archive" ? sdist.url : ""));
  if (url === undefined) return distribution;
  if (wheel !== undefined) return { name, version, wheel: { ...wheel, url } };
  return sdist === undefined ? distribution : { name, version, sdist: { ...sdist, url } };
}
