import type { ExistingImage } from "../builder/verdict.ts";
import type { BuilderVerdict } from "./selection.ts";

/** What a build would do for one image. */
export interface PlannedImage {
  readonly name: string;
  /** Where it would go. */
  readonly reference: string;
  readonly tag: string;
  readonly fingerprint: string;
  readonly platforms: readonly string[];
  /**
   * `exists`: nothing to do. `build`: some or all platforms would be built. `join`: all are there and would be joined.
   * `blocked`: the build would fail, see `problem`.
   */
  readonly action: "exists" | "build" | "join" | "blocked";
  readonly existing: ExistingImage | undefined;
  /** Platforms that would be built. */
  readonly missing: readonly string[];
  /** Whether it is the base of another image of the plan. */
  readonly isBase: boolean;
  /**
   * `system`: the lower half of a split build, base and system packages. `trunk`: the image of another one's spec without its source,
   * which the engine appends.
   */
  readonly part: "whole" | "system" | "trunk";
  /** Reference of the image to which the engine would append the source by itself. */
  readonly appendsTo: string | undefined;
  /** Why the source is not appended, where there is one. */
  readonly whyWhole: string | undefined;
  readonly builder: string | undefined;
  readonly verdicts: readonly BuilderVerdict[];
  /** Field paths of what may change without the fingerprint changing. */
  readonly floating: readonly string[];
  readonly hints: readonly string[];
  /** The error that the build would end with, as plain data. */
  readonly problem: Readonly<Record<string, unknown>> | undefined;
}

/** What a build would do: plain data, bases before what stands on them. */
export interface BuildPlan {
  readonly images: readonly PlannedImage[];
}
