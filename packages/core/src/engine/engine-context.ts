import type { LocalImageStore } from "@imagespec/image-store";
import type { RegistryClient } from "@imagespec/registry-client";
import type { ImageSpecBuilder, Resolver } from "../builder/builder.ts";
import type { Availability } from "../builder/verdict.ts";
import type { RegisteredBuilder } from "../builder-registry/builder-registry.ts";
import type { EventStream } from "../events/event-stream.ts";
import type { Activities } from "./activities.ts";
import type { BuildOptions, EngineOptions } from "./build-options.ts";
import type { Limiter } from "./limiter.ts";
import type { MadeImage } from "./made-image.ts";
import type { WorkTable } from "./work-table.ts";

/** What all builds of one engine share. */
export interface EngineContext {
  readonly builders: () => readonly RegisteredBuilder[];
  /** Has builders registered that are not there before one is needed. */
  readonly loadBuilders: () => Promise<void>;
  readonly availability: (builder: ImageSpecBuilder) => Promise<Availability>;
  /** Made or loaded at its first use: an image that is in the local store needs none. */
  readonly registryClient: () => Promise<RegistryClient>;
  /** Opens the local image store, creating it. */
  readonly store: () => Promise<LocalImageStore>;
  /** The local image store when it exists already: for questions that must not write. */
  readonly existingStore: () => Promise<LocalImageStore | undefined>;
  readonly cacheFolder: string;
  readonly resolver: Resolver | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly secretReaders: NonNullable<EngineOptions["secretReaders"]>;
  readonly limiter: Limiter;
  readonly work: WorkTable;
  /** Builds and builders at work. */
  readonly activities: Activities;
  /** `os/arch` of this machine, in OCI words. */
  readonly hostPlatform: string;
}

/** One requested build. */
export interface BuildContext {
  readonly engine: EngineContext;
  readonly options: BuildOptions;
  readonly signal: AbortSignal;
  readonly events: EventStream;
  /** Images built so far in the same call, and those that stand as bases: by fingerprint and place. */
  readonly session: Session;
}

/** What the builds of one call share. */
export interface Session {
  readonly built: WorkTable;
  readonly bases: Map<string, Promise<MadeImage>>;
}
