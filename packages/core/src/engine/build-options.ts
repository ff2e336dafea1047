import type { LocalImageStore } from "@imagespec/image-store";
import type {
  CredentialProvider,
  RegistryClient,
  RegistryClientOptions,
  RegistryProvider,
} from "@imagespec/registry-client";
import type { ImageSpecBuilder, Resolver } from "../builder/builder.ts";
import type { BuilderRegistry } from "../builder-registry/builder-registry.ts";
import type { BuildEvent } from "../events/events.ts";
import type { ImageSpec } from "../spec/image-spec.ts";
import type { Json } from "../spec/json.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import type { ExistencePolicy } from "./existence.ts";

/** Where an image is to go. Relative paths are relative to the working directory. */
export type OutputChoice =
  | "registry"
  | "local-store"
  | "engine"
  | { readonly kind: "registry" }
  | { readonly kind: "local-store" }
  | { readonly kind: "oci-layout"; readonly path: string }
  | { readonly kind: "docker-archive"; readonly path: string }
  /** `host` as in `DOCKER_HOST`. @default `DOCKER_HOST`, else the local engine */
  | { readonly kind: "engine"; readonly host?: string | undefined };

/** A tag of the caller's own. */
export interface TagChoice {
  readonly value: string;
  /**
   * `fingerprint`: an image under the tag is reused when its labels hold the spec's fingerprint, and replaced otherwise.
   * `tag-and-platforms`: it is reused when it has the platforms, whatever is in it; for tags that carry a hash of another system.
   * @default "fingerprint"
   */
  readonly reuse?: "fingerprint" | "tag-and-platforms" | undefined;
}

/** Location and choice for one build; each wins over the field of the spec, which wins over the engine's defaults. */
export interface BuildOptions {
  readonly registry?: string | undefined;
  readonly name?: string | undefined;
  readonly tagFormat?: string | undefined;
  readonly tag?: TagChoice | undefined;
  readonly builder?: string | undefined;
  readonly builderOptions?: Readonly<Record<string, Json>> | undefined;
  /**
   * A builder for the lower half of split builds: when `aptPackages` and commands `after: "system"` alone keep a builder from a
   * spec, this one makes an image of base, packages and commands (`<name>-system`), and that builder the rest on top.
   * @default no split
   */
  readonly systemBuilder?: string | undefined;
  readonly platform?: string | readonly string[] | undefined;
  /** @default a registry when there is one, else the local image store */
  readonly output?: OutputChoice | undefined;
  /** Builds even when the image exists. Bases are still reused. @default false */
  readonly force?: boolean | undefined;
  /** @default "fail" */
  readonly existence?: ExistencePolicy | undefined;
  /** Folder that the spec's paths are relative to. @default the working directory */
  readonly root?: string | undefined;
  /** For `sourceCopyMode: "loaded-modules"`: the files. */
  readonly sourceFiles?: readonly string[] | undefined;
  /** Fails with LOCK_MISSING or LOCK_STALE instead of building what is not locked. @default false */
  readonly locked?: boolean | undefined;
  /** What the spec's lock file is named after. @default the spec's own name */
  readonly lockName?: string | undefined;
  /**
   * Where a registry has, or gets, the image of the same spec without its source, the engine appends the source to it by itself: no
   * builder is needed for an edit. False: builders make every image as a whole. @default true
   */
  readonly appendSource?: boolean | undefined;
  /** Accepts emulated execution for foreign platforms. @default false */
  readonly allowEmulation?: boolean | undefined;
  /** After a builder failed, tries the next one that takes the spec. @default false */
  readonly fallback?: boolean | undefined;
  /** Milliseconds for the whole build, bases included. @default no limit */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: BuildEvent) => void) | undefined;
}

/** A spec, or one with options of its own, that win over those of the whole call. */
export type BuildInput =
  | ImageSpec
  | ResolvedImageSpec
  | { readonly spec: ImageSpec | ResolvedImageSpec; readonly options?: BuildOptions | undefined };

/** Reads the value of a secret that is kept elsewhere. */
export type SecretReader = (name: string, options: { readonly signal: AbortSignal }) => Promise<string>;

export interface EngineOptions {
  /** @default those of `registry` */
  readonly builders?: readonly ImageSpecBuilder[] | undefined;
  /** @default the registry of the process, also for builders registered later */
  readonly registry?: BuilderRegistry | undefined;
  /** Called once, before builders are asked for anything: registers those that an image which exists does not need. */
  readonly loadBuilders?: (() => Promise<void>) | undefined;
  /** One that is kept open, or what makes it at its first use and closes it. @default one of the engine's own */
  readonly registryClient?: RegistryClient | (() => Promise<RegistryClient>) | undefined;
  /** For the client that the engine makes when none is given. */
  readonly registryOptions?: RegistryClientOptions | undefined;
  /** For the client that the engine makes. @default what the docker config files say */
  readonly credentials?: CredentialProvider | undefined;
  /** For the client that the engine makes: what plugins bring for the registries they know. */
  readonly providers?: readonly RegistryProvider[] | undefined;
  /** The local image store, or its folder. @default below the cache folder */
  readonly store?: LocalImageStore | string | undefined;
  /** @default `IMAGESPEC_CACHE_DIR`, else the user's cache folder */
  readonly cacheFolder?: string | undefined;
  readonly resolver?: Resolver | undefined;
  /** Builders at work at once. @default the number of cores, at most 4 */
  readonly concurrency?: number | undefined;
  /** For references in the spec that the engine itself has to read. */
  readonly secretReaders?:
    | { readonly aws?: SecretReader | undefined; readonly google?: SecretReader | undefined }
    | undefined;
  /** For secrets from variables. @default the environment of the process */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly defaults?:
    | {
        readonly registry?: string | undefined;
        readonly builder?: string | undefined;
        readonly systemBuilder?: string | undefined;
        readonly platform?: string | readonly string[] | undefined;
        readonly existence?: ExistencePolicy | undefined;
        readonly timeoutMs?: number | undefined;
      }
    | undefined;
}
