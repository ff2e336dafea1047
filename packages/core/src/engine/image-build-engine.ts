import { ImageSpecError } from "@imagespec/errors";
import type { ImageSpecBuilder } from "../builder/builder.ts";
import type { RegisteredBuilder } from "../builder-registry/builder-registry.ts";
import type { ImageSpec } from "../spec/image-spec.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import type { BuildInput, BuildOptions, EngineOptions } from "./build-options.ts";
import type { BuildPlan } from "./build-plan.ts";
import type { Existence } from "./existence.ts";
import type { ImageResult } from "./image-result.ts";
import type { Selection } from "./selection.ts";

/** How one of several builds ended. */
export type SettledBuild =
  | { readonly status: "fulfilled"; readonly result: ImageResult }
  | { readonly status: "rejected"; readonly error: ImageSpecError };

export class ImageBuildEngine {
  constructor(_options: EngineOptions = {}) {}
  register(_builder: ImageSpecBuilder, _options: { readonly priority?: number | undefined } = {}): void {}
  builders(): readonly RegisteredBuilder[] {
    return [];
  }
  async build(_spec: ImageSpec | ResolvedImageSpec, _options: BuildOptions = {}): Promise<ImageResult> {
    throw new ImageSpecError("INTERNAL", "not there yet");
  }
  async buildAll(
    _specs: readonly BuildInput[],
    _options: BuildOptions & { readonly concurrency?: number | undefined } = {},
  ): Promise<readonly ImageResult[]> {
    return [];
  }
  async buildAllSettled(
    _specs: readonly BuildInput[],
    _options: BuildOptions & { readonly concurrency?: number | undefined } = {},
  ): Promise<readonly SettledBuild[]> {
    return [];
  }
  async plan(_specs: BuildInput | readonly BuildInput[], _options: BuildOptions = {}): Promise<BuildPlan> {
    return { images: [] };
  }
  async explain(_spec: ImageSpec | ResolvedImageSpec, _options: BuildOptions = {}): Promise<Selection> {
    return { builder: undefined, verdicts: [] };
  }
  async exists(_spec: ImageSpec | ResolvedImageSpec, _options: BuildOptions = {}): Promise<Existence> {
    return { state: "absent" };
  }
  async close(): Promise<void> {}
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
