import type {
  BuildEvent,
  BuildOptions,
  ImageResult,
  ImageSpecBuilder,
  ImageSpecInput,
  OutputChoice,
} from "@imagespec/core";
import type { ImageSpecError } from "@imagespec/errors";
import type { BuildHooks, ObservedBuilder } from "./observe-builder.ts";

/** How a build of the suite differs from a usual one. */
export interface TrialOptions {
  /** @default a registry where the builder can, else the first output it declares */
  readonly output?: OutputChoice;
  /** Repository below the suite's. @default a new one */
  readonly name?: string;
  /** Absolute. @default the suite's, which builds share */
  readonly cacheFolder?: string;
  /** Folder of the spec. @default the made project */
  readonly root?: string;
  readonly hooks?: BuildHooks;
  readonly signal?: AbortSignal;
  /** For secrets. */
  readonly env?: Readonly<Record<string, string>>;
  readonly build?: BuildOptions;
  /** @default a fresh one */
  readonly builder?: ImageSpecBuilder;
  /** The reference builder instead of the one that is tested. @default false */
  readonly isReference?: boolean;
}

/** A build through a real engine, and all that could be seen of it. */
export interface Trial {
  readonly input: ImageSpecInput;
  readonly name: string;
  readonly output: OutputChoice;
  readonly cacheFolder: string;
  readonly observed: ObservedBuilder;
  readonly events: readonly BuildEvent[];
  readonly result: ImageResult | undefined;
  readonly error: ImageSpecError | undefined;
  /** Milliseconds. */
  readonly ms: number;
}

/** A trial that made an image. */
export type BuiltTrial = Trial & { readonly result: ImageResult };
