import type { BuildEvent, SettledBuild } from "@imagespec/core";
import type { SpecOrigin } from "./error-place.ts";

/** One of the builds that are reported. */
export interface ReportedBuild {
  /** What it is called before it has started. */
  readonly title: string;
  readonly facts: readonly string[];
  readonly origin: SpecOrigin;
}

/** What is kept of what the commands of a build have printed. */
export interface KeptLog {
  readonly lines: number;
}

/** Shows builds while they run. Builds are named by their position. */
export interface BuildReporter {
  event(position: number, event: BuildEvent): void;
  /** One build has ended; called after its last event. */
  ended(position: number, outcome: SettledBuild, log?: KeptLog): void;
  /** All have. */
  close(): void;
}
