import { basename } from "node:path";
import type { ImageSpec } from "../spec/image-spec.ts";

/** What the lock file of a loaded spec is named after: `train.image.yaml` without a name in it → `train`. */
export function lockNameOf(spec: Pick<ImageSpec, "name">, file: string, key: string | undefined): string {
  if (spec.name !== undefined) return spec.name;
  const stem = basename(file).replace(/(?:\.image)?\.[^.]+$/, "");
  return key === undefined ? stem : `${stem}-${key}`;
}
