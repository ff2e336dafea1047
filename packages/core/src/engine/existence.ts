import type { ImageSpecError } from "@imagespec/errors";
import type { Digest } from "@imagespec/oci";
import type { ExistingImage } from "../builder/verdict.ts";

/** What an output says about an image: present, partly there, absent, another one, or impossible to tell. */
export type Existence =
  | {
      readonly state: "present";
      readonly image: ExistingImage;
      /** Its labels hold the fingerprint of the spec. False for tags that are reused by name alone. */
      readonly verified: boolean;
    }
  /** Some of the platforms are there, verified. */
  | { readonly state: "partial"; readonly image: ExistingImage; readonly missing: readonly string[] }
  | { readonly state: "absent" }
  /** The tag holds an image that the spec does not describe. */
  | {
      readonly state: "mismatch";
      readonly reference: string;
      readonly digest: Digest;
      /** What it states about itself, if anything. */
      readonly fingerprint: string | undefined;
      readonly reason: string;
    }
  | { readonly state: "unknown"; readonly reason: string; readonly error: ImageSpecError };

/** What to do when it cannot be told whether an image exists: build it, take it as there, or fail. */
export type ExistencePolicy = "build" | "assume" | "fail";
