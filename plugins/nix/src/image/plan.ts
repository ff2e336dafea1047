import { needsPython } from "@imagespec/assembler/parts";
import type { ResolvedImageSpec } from "@imagespec/core";
import type { NixImageOptions } from "../options/nix-builder-options.ts";

/** Where the Python packages of a spec come from; nothing when it has none. */
export function packageSource(
  spec: Pick<ResolvedImageSpec, "lock" | "requirementLines" | "pipIndex" | "pipExtraIndexUrl" | "excludeNewer">,
  { packages }: NixImageOptions,
): "nixpkgs" | "wheels" | undefined {
  if (spec.requirementLines.length === 0 && spec.lock === undefined) return undefined;
  return packages ?? (asksForIndex(spec) ? "wheels" : "nixpkgs");
}

/** Whether something in a spec means wheels: exact versions of a lock, an index, a date of one. */
function asksForIndex(
  spec: Pick<ResolvedImageSpec, "lock" | "pipIndex" | "pipExtraIndexUrl" | "excludeNewer">,
): boolean {
  return (
    spec.lock !== undefined ||
    spec.pipIndex !== undefined ||
    spec.pipExtraIndexUrl.length > 0 ||
    spec.excludeNewer !== undefined
  );
}

/** Whether the image has a Python at all, as far as the spec says. */
export function wantsPython(spec: ResolvedImageSpec, { python }: NixImageOptions): boolean {
  return needsPython(spec) || python === "nix";
}

/** `3.12.4` → `3.12` */
export function minorOf(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}
