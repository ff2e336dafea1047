import type { SpecProblem } from "@imagespec/errors";
import type { Digest } from "@imagespec/oci";

/** Whether a builder can work on this machine now. */
export type Availability =
  | { readonly available: true }
  | { readonly available: false; readonly reason: string /** Starts with a verb. */; readonly hint: string };

/** An image that a builder's own store already has. */
export interface ExistingImage {
  readonly reference: string;
  readonly digest: Digest;
  readonly platforms: readonly string[];
  readonly fingerprint: string;
}

/** A builder's answer to a spec. A refusal always says why, so that a selection can be explained. */
export type BuildVerdict =
  | { readonly action: "build" /** A few words about how: shown by `explain`. */; readonly detail?: string }
  | { readonly action: "skip"; readonly existing: ExistingImage }
  | { readonly action: "decline"; readonly problems: readonly SpecProblem[] };
