import type { ImageSpecBuilder } from "@imagespec/core";
import type { ConformanceSettings } from "./settings.ts";

/** What the suite is run against. */
export interface ConformanceOptions {
  /** Makes a fresh builder each time; asked for its capabilities before the tests are laid out. */
  readonly createBuilder: () => ImageSpecBuilder;
  /** Makes the builder whose images the tested one's have to equal. @default none, and nothing is compared */
  readonly reference?: (() => ImageSpecBuilder) | undefined;
  readonly settings?: ConformanceSettings | undefined;
}
