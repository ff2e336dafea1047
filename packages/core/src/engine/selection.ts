import type { ImageSpecBuilder } from "../builder/builder.ts";
import type { BuildVerdict } from "../builder/verdict.ts";

/** What one builder said, or was found to lack, for a spec. */
export interface BuilderVerdict {
  readonly builder: string;
  readonly priority: number;
  /** `unavailable`: it cannot work on this machine now. */
  readonly verdict: BuildVerdict | { readonly action: "unavailable"; readonly reason: string; readonly hint: string };
  /** The platforms that the verdict is about. */
  readonly platforms: readonly string[];
}

/** The builder for a spec, or none, and everything that was said on the way. */
export interface Selection {
  readonly builder: ImageSpecBuilder | undefined;
  /** In the order in which the builders were asked. */
  readonly verdicts: readonly BuilderVerdict[];
}
