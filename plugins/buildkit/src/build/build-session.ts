import type { BuildRequest, ResolvedImageSpec } from "@imagespec/core";
import type { StepReporter } from "@imagespec/dockerfile";
import type { UvSettings } from "@imagespec/resolver";
import type { BuildkitBuilderOptions } from "../buildkit-builder-options.ts";
import type { BuildkitDaemon } from "../daemon/daemon.ts";

/** What of a request a solve needs: a lock has no more. */
export type SessionRequest = Pick<
  BuildRequest,
  "registryClient" | "store" | "cacheFolder" | "emit" | "secret" | "signal" | "force"
>;

/** One build on one daemon: everything its parts need. */
export interface BuildSession {
  readonly spec: ResolvedImageSpec;
  /** The one platform of the build. */
  readonly platform: string;
  readonly request: SessionRequest;
  readonly options: BuildkitBuilderOptions;
  readonly daemon: BuildkitDaemon;
  readonly steps: StepReporter;
  /** Ids of the daemon's steps that have ended: those that another solve has too are told of once. */
  readonly ended: Set<string>;
  /** uv and index settings: options of the spec, of the builder, then of the environment. */
  readonly settings: UvSettings;
  /** Absolute folder of this builder's facts and resolutions. */
  readonly folder: string;
}
