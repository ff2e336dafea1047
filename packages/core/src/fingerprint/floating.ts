import { isRequirement, parseRequirement } from "../spec/requirement.ts";
import type { ContentInput } from "./fingerprint-content.ts";

/** What may change without the fingerprint changing, as field paths. Nothing floats in a `v1-` image. */
export function floatingFields(spec: ContentInput): readonly string[] {
  const floating: string[] = [];
  if (baseFloats(spec)) floating.push("baseImage");
  // Without a base that has a Python, the newest patch version of the minor is taken.
  if (spec.resolvedBase.kind === "scratch" && (spec.pythonVersion?.split(".").length ?? 0) < 3) {
    if (spec.requirementLines.length > 0 || spec.lock !== undefined) floating.push("pythonVersion");
  }
  if (spec.lock !== undefined && !spec.lock.hashed) floating.push("requirements");
  const pinnedByLock = spec.lock !== undefined && (spec.lock.own !== undefined || spec.packages.length === 0);
  if (!pinnedByLock && spec.requirementLines.some((line) => !isHashed(line))) {
    floating.push(spec.packages.length > 0 ? "packages" : "requirements");
  }
  for (const field of ["aptPackages", "condaPackages"] as const) if (spec[field].length > 0) floating.push(field);
  for (const field of ["cuda", "cudnn"] as const) if (spec[field] !== undefined) floating.push(field);
  return [...new Set(floating)];
}

function baseFloats(spec: ContentInput): boolean {
  const base = spec.resolvedBase;
  switch (base.kind) {
    case "reference":
      return base.digest === undefined;
    case "image":
      return base.image.floating.length > 0;
    case "debian":
      return spec.platforms.some((platform) => base.lock?.[platform] === undefined);
    case "scratch":
    case "oci-layout":
      return false;
  }
}

/** One version, and a hash for its files. With hashes, pip and uv demand them for every dependency too. */
function isHashed(line: string): boolean {
  const [text = ""] = line.split(/\s+--hash[= ]/, 1);
  if (text === line) return false;
  const parsed = parseRequirement(text);
  if (!isRequirement(parsed)) return false;
  return parsed.url !== undefined || parsed.specifiers.some((specifier) => /^={2,3}[^*]+$/.test(specifier));
}
