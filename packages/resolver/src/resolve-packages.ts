import { createHash } from "node:crypto";
import path from "node:path";
import type { BuildRequest, PackageResolution, ResolvedImageSpec, Resolver, TargetEnvironment } from "@imagespec/core";
import { openKeyIndex } from "@imagespec/image-store";
import type { UvSettings } from "./uv/detect.ts";

interface KeptResolution {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly resolution: PackageResolution;
}

export interface ResolvePackagesOptions {
  readonly resolver: Resolver;
  readonly request: Pick<BuildRequest, "secret" | "force">;
  readonly settings: UvSettings;
  /** Absolute; resolutions are kept in a folder below it. */
  readonly folder: string;
  /** `name==version` lines of what the base has. */
  readonly constraints: readonly string[];
  /** Whether the caller can build source distributions. @default false */
  readonly sdists?: boolean;
  /** For how long an unlocked resolution is used again, in milliseconds. @default 10 minutes */
  readonly maxAgeMs?: number | undefined;
  readonly signal: AbortSignal;
  readonly onLog: (text: string) => void;
}

const tenMinutesMs = 10 * 60 * 1000;

/**
 * The distributions of a spec for a target, for builders. A resolution from a lock is used again for ever, one without for
 * `maxAgeMs`: an edit of the source must not cost a walk through the package index. A forced build resolves anew.
 *
 * @throws what {@link Resolver.resolve} throws
 */
export async function resolvePackages(
  spec: ResolvedImageSpec,
  target: TargetEnvironment,
  options: ResolvePackagesOptions,
): Promise<{ readonly resolution: PackageResolution; readonly cached: boolean }> {
  const index = await openKeyIndex(path.join(options.folder, "resolutions"), { parse: parseKept });
  const key = resolutionKey(spec, target, options);
  const kept = await index.get(key);
  const age = kept === undefined ? 0 : Date.now() - kept.time;
  const isCurrent = age >= 0 && age < (options.maxAgeMs ?? tenMinutesMs) && !options.request.force;
  if (kept !== undefined && (spec.lock !== undefined || isCurrent)) {
    return { resolution: kept.resolution, cached: true };
  }
  const resolution = await options.resolver.resolve(spec, target, {
    secret: (id) => options.request.secret(id),
    signal: options.signal,
    onLog: options.onLog,
    constraints: options.constraints,
    ...(options.sdists === true ? { sdists: true } : {}),
  });
  await index.set(key, { time: Date.now(), resolution });
  return { resolution, cached: false };
}

function resolutionKey(
  spec: ResolvedImageSpec,
  target: TargetEnvironment,
  { constraints, settings, sdists = false }: ResolvePackagesOptions,
): string {
  const { requirementLines, constraintLines, requirements, pipIndex, pipExtraIndexUrl, pipExtraArgs, excludeNewer } =
    spec;
  const files = spec.requirementFiles.map((file) => [file.path, file.digest]);
  const asked = [requirementLines, constraintLines, constraints, files, requirements, spec.lock?.fingerprint];
  const indexes = [pipIndex ?? settings.index, pipExtraIndexUrl, settings.extraIndexes];
  const where = [indexes, pipExtraArgs, excludeNewer, sdists];
  const text = JSON.stringify(["resolution-2", asked, where, target], (_key, value: unknown) => value ?? null);
  return createHash("sha256").update(text).digest("hex");
}

function parseKept(value: unknown): KeptResolution | undefined {
  if (typeof value !== "object" || value === null || !("time" in value) || !("resolution" in value)) return undefined;
  const { time, resolution } = value;
  if (typeof time !== "number" || typeof resolution !== "object" || resolution === null) return undefined;
  if (!("distributions" in resolution) || !Array.isArray(resolution.distributions)) return undefined;
  // Written by this version: the key names the form.
  return { time, resolution: resolution as PackageResolution };
}
