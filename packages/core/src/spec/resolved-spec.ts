import type { Digest } from "@imagespec/oci";
import type { LockMeaning } from "../lock/lock-meaning.ts";
import type { SourceTree } from "../source/source-tree.ts";
import type { DebianSuite } from "./image-spec-input.ts";
import type { Json } from "./json.ts";
import type { NormalizedImageSpec } from "./normalized-spec.ts";

/** What a build stands on, after the engine has turned nested specs and Debian bases into images of their own. */
export type ResolvedBase =
  | {
      readonly kind: "reference" /** Canonical. */;
      readonly reference: string /** When the reference is pinned. */;
      readonly digest: Digest | undefined;
    }
  | {
      readonly kind: "oci-layout" /** Absolute. */;
      readonly path: string;
      readonly name: string | undefined;
      readonly digest: Digest;
    }
  | { readonly kind: "scratch" }
  /** The image to make *is* the Debian base: no Python packages, no source, no image contract beyond its labels. */
  | {
      readonly kind: "debian";
      readonly suite: DebianSuite;
      /** Exactly which packages, by platform, in the words of the builder that locked it. @default those that the archive has now */
      readonly lock?: Readonly<Record<string, Json>> | undefined;
    }
  /** An image that the engine builds first. */
  | { readonly kind: "image"; readonly image: ResolvedImageSpec };

export interface ResolvedRequirementsFile {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  readonly digest: Digest;
  readonly text: string;
}

/**
 * A spec together with everything that was read from disk for it, once. Deeply frozen; a builder never goes back to the
 * user's folder for anything but {@link SourceTree.open}, which checks that the file is still the one that was fingerprinted.
 */
export interface ResolvedImageSpec extends NormalizedImageSpec {
  /**
   * `system`: the image is the lower half of a split build: its base, `aptPackages` and `commands`, and of the image contract
   * the labels alone. No virtual environment, no user, no source; the configuration (user, working directory, entrypoint,
   * environment) stays the base's. All other fields are empty.
   */
  readonly part: "whole" | "system";
  /** Absolute root folder. */
  readonly root: string;
  readonly resolvedBase: ResolvedBase;
  /** Requirement lines of `packages` and, when the file is a requirements.txt, of it and those it includes; in order. */
  readonly requirementLines: readonly string[];
  /** The requirements file, what it includes (`-r`, `-c`), or the lock with its pyproject.toml, and the own lock. The named file is first. */
  readonly requirementFiles: readonly ResolvedRequirementsFile[];
  /** `-c` constraint lines of requirement files. */
  readonly constraintLines: readonly string[];
  /** What the lock pins: of a pylock, uv.lock or poetry.lock in `requirements`, or the spec's own current lock. */
  readonly lock: LockMeaning | undefined;
  /** All files that go into the image: the source tree and `copy` entries, sorted by destination. */
  readonly source: SourceTree;
  /** What of `builderOptions` changes the image. `{}` without a named builder. */
  readonly contentOptions: Json;
  /** Lower-case hex sha256 of the canonical content for `platforms`. */
  readonly fingerprint: string;
  /** One for each platform; equals `fingerprint` when there is one platform. */
  readonly platformFingerprints: Readonly<Record<string, string>>;
  /** sha256 over each content field by itself: for telling what changed. */
  readonly fieldFingerprints: Readonly<Record<string, string>>;
  /** What may change without the fingerprint changing; empty for a `v1-` tag. Field paths. */
  readonly floating: readonly string[];
  /** The default tag, `u1-…` or `v1-…`, or `tagFormat` filled in. */
  readonly tag: string;
  /** Hash of the normalised spec alone; baked in as `IMAGESPEC_ID`, no file is read for it. */
  readonly id: string;
}
