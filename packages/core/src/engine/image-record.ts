import type { BuildOutcome } from "../builder/builder.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";

/**
 * What is kept about an image beside it, as JSON: the spec without secrets, what was resolved, by whom and how long it took.
 * Machine paths are not in it.
 */
export function imageRecord(
  spec: ResolvedImageSpec,
  platform: string,
  builder: string,
  outcome: Pick<BuildOutcome, "timings" | "resolution" | "record">,
  /** Of a split build: the image of base and system packages. */
  system?: ResolvedImageSpec,
): Uint8Array {
  const {
    root: _root,
    resolvedBase,
    source,
    secrets,
    indexCredentials: _logins,
    base: _base,
    requirementFiles,
    lock,
    registryConfig: _file,
    ...fields
  } = spec;
  const record = {
    version: 1,
    platform,
    builder,
    created: new Date().toISOString(),
    spec: {
      ...fields,
      base:
        resolvedBase.kind === "image"
          ? { kind: "image", fingerprint: resolvedBase.image.fingerprint }
          : baseFields(resolvedBase),
      secrets: secrets.map(({ id, steps, target }) => ({ id, steps, target })),
      requirementFiles: requirementFiles.map(({ path, digest }) => ({ path, digest })),
      lock: lock === undefined ? undefined : { kind: lock.kind, file: lock.file, fingerprint: lock.fingerprint },
      source: { files: source.files.length, size: source.size },
    },
    ...(system === undefined ? {} : { system: { builder: system.builder, fingerprint: system.fingerprint } }),
    timings: outcome.timings,
    resolution: outcome.resolution?.[platform] ?? null,
    record: outcome.record ?? null,
  };
  return new TextEncoder().encode(JSON.stringify(record));
}

function baseFields(base: Exclude<ResolvedImageSpec["resolvedBase"], { readonly kind: "image" }>): object {
  if (base.kind !== "oci-layout") return base;
  return { kind: base.kind, name: base.name, digest: base.digest };
}
