import type { BuildMessage } from "./build-message.ts";
import type { BuildState } from "./build-state.ts";

/** How a call is made. */
export interface CallOptions {
  readonly signal: AbortSignal;
}

/**
 * The calls of Cloud Build that are used, in one project and location; each rejects with what the client library throws.
 *
 * Never the long-running operation: it loses why a build failed, and its cancellation is not routed to the region.
 */
export interface CloudBuildClient {
  createBuild(build: BuildMessage, options: CallOptions): Promise<BuildState>;
  getBuild(id: string, options: CallOptions): Promise<BuildState>;
  /** Newest first. */
  listBuilds(
    filter: { readonly tag: string } | { readonly first: number },
    options: CallOptions,
  ): Promise<readonly BuildState[]>;
  cancelBuild(id: string, options: CallOptions): Promise<BuildState>;
  close(): Promise<void>;
}
