import type { Descriptor, StoredManifest } from "@imagespec/oci";
import type { OpenedOutput } from "../outputs/opened-output.ts";
import type { ImageFacts } from "./read-image.ts";

/** What making an image cost. */
export interface BuildCosts {
  /** Milliseconds by step. */
  readonly timings: Readonly<Record<string, number>>;
  readonly bytes: { readonly downloaded: number; readonly uploaded: number };
  readonly layers: { readonly built: number; readonly reused: number };
}

/** An image that is in an output, whole and verified. */
export interface MadeImage {
  readonly output: OpenedOutput;
  /** The manifest, or the index when there are several platforms. */
  readonly image: StoredManifest;
  readonly platforms: ReadonlyMap<string, ImageFacts>;
  readonly action: "built" | "exists" | "joined";
  readonly builder: string;
  readonly costs: BuildCosts;
  /** Records of what was built, by digest of the manifest that each is about. */
  readonly records: readonly { readonly subject: Descriptor; readonly record: Uint8Array }[];
}

export const noCosts: BuildCosts = {
  timings: {},
  bytes: { downloaded: 0, uploaded: 0 },
  layers: { built: 0, reused: 0 },
};

/** The costs of several pieces of work that ran side by side: bytes and layers add up, of each step the longest counts. */
export function addCosts(all: readonly BuildCosts[]): BuildCosts {
  const timings: Record<string, number> = {};
  for (const costs of all) {
    for (const [step, ms] of Object.entries(costs.timings)) timings[step] = Math.max(timings[step] ?? 0, ms);
  }
  const sum = (pick: (costs: BuildCosts) => number): number => all.reduce((total, costs) => total + pick(costs), 0);
  return {
    timings,
    bytes: { downloaded: sum(({ bytes }) => bytes.downloaded), uploaded: sum(({ bytes }) => bytes.uploaded) },
    layers: { built: sum(({ layers }) => layers.built), reused: sum(({ layers }) => layers.reused) },
  };
}
