import type { BuildOutput, BuildRequest } from "@imagespec/core";
import type { StoredManifest } from "@imagespec/oci";
import type { BuildSession } from "../build-session.ts";
import type { OpenedBase } from "../open-base.ts";
import type { PlannedWork, SolveOutcome } from "../solve.ts";

/** A planned image, and where it is to go. */
export interface DeliveryJob {
  readonly session: BuildSession;
  readonly request: BuildRequest;
  readonly base: OpenedBase | undefined;
  readonly work: PlannedWork;
}

/** An image that is in the output. */
export interface Delivered {
  readonly image: StoredManifest;
  readonly solved: SolveOutcome;
  /** Bytes of blobs that the output did not have, as far as they are known. */
  readonly uploaded: number;
}

export type RegistryOutput = Extract<BuildOutput, { readonly kind: "registry" }>;
