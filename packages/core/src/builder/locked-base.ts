import type { LocalImageStore } from "@imagespec/image-store";
import type { RegistryClient } from "@imagespec/registry-client";
import type { Json } from "../spec/json.ts";
import type { BaseImage } from "./builder.ts";
import type { TargetEnvironment } from "./resolver.ts";

/** What a lock has to know of a base. */
export interface LockedBase {
  /** `3.12.4`, or `3.12` where it does not say; nothing for a base without Python. */
  readonly python: string | undefined;
  readonly libc: TargetEnvironment["libc"] | undefined;
  /** What is installed in `/opt/venv`: normalised name → version. */
  readonly distributions: Readonly<Record<string, string>>;
  /**
   * For a base that the builder makes: all that decides its bytes, as values that TOML can hold. It comes back in the
   * `resolvedBase` of the spec to build. A list `packages` of tables with `name` and `version` is compared for people.
   */
  readonly lock?: Readonly<Record<string, Json>> | undefined;
}

/** How a base is looked at for a lock. */
export interface LockRequest {
  /** The base of the spec, when it is an image that exists. @throws BASE_NOT_FOUND, REGISTRY_… */
  readonly base: () => Promise<BaseImage | undefined>;
  /** What the base is locked to now; stays as it is unless `upgrade` is set or it does not fit. */
  readonly previous: Json | undefined;
  readonly upgrade: boolean;
  readonly registryClient: RegistryClient;
  readonly store: LocalImageStore;
  /** Absolute; builders keep theirs in a folder of their name below it. */
  readonly cacheFolder: string;
  readonly signal: AbortSignal;
}
