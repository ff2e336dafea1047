import type { LocalImageStore } from "@imagespec/image-store";
import type { Descriptor, Digest, ImageSink, ImageSource } from "@imagespec/oci";
import type { RegistryClient } from "@imagespec/registry-client";
import type { BuilderEvent } from "../events/events.ts";
import type { Json } from "../spec/json.ts";
import type { NormalizedSecret } from "../spec/normalized-spec.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import type { Capability } from "./capabilities.ts";
import type { LockedBase, LockRequest } from "./locked-base.ts";
import type { BuildOutput } from "./output.ts";
import type { PackageResolution, TargetEnvironment } from "./resolver.ts";
import type { Availability, BuildVerdict } from "./verdict.ts";

/** The version of {@link ImageSpecBuilder} that this core speaks. */
export const contractVersion = 1;

/** What a builder may look at when it is asked whether it takes a spec. */
export interface SelectionContext {
  readonly output: BuildOutput;
  /** The machine that runs the engine: `os/arch` in OCI words. */
  readonly hostPlatform: string;
  /** The caller accepts emulated execution for foreign platforms. @default false */
  readonly allowEmulation: boolean;
  readonly registryClient: RegistryClient;
  readonly signal: AbortSignal;
}

/** Resolves Python requirements for one target; implemented by `@imagespec/resolver`. */
export interface Resolver {
  /**
   * @throws SPEC_PACKAGE_NOT_FOUND, SPEC_VERSION_NOT_FOUND, SPEC_NO_WHEEL, SPEC_UNSOLVABLE, SPEC_REQUIREMENT,
   * LOCK_INVALID, INDEX_DOWN, INDEX_AUTH, RESOLVER_UNAVAILABLE, RESOLVER_FAILED
   */
  resolve(
    spec: ResolvedImageSpec,
    target: TargetEnvironment,
    options: {
      /** Distributions that the base already has: `name==version` lines that the solution must keep. */
      readonly constraints?: readonly string[];
      /** `name==version` lines to keep to as far as they fit: what an earlier lock says. */
      readonly preferences?: readonly string[];
      /**
       * The caller can build source distributions: those that the spec asks for by a URL, a git repository or `--no-binary`, and
       * packages that have no fitting wheel. Wheels come first all the same. @default false
       */
      readonly sdists?: boolean;
      readonly secret: (id: string) => Promise<string>;
      readonly signal: AbortSignal;
      readonly onLog?: (text: string) => void;
    },
  ): Promise<PackageResolution>;
}

/** The image to build on. */
export interface BaseImage {
  readonly source: ImageSource;
  /** Of the manifest for the platform, never of an index. */
  readonly manifest: Descriptor;
  /** Where it is, when it is in a registry: blobs are mounted from there when the target is on the same one. */
  readonly repository: { readonly registry: string; readonly repository: string } | undefined;
  /** For people and for builders that hand a reference on. */
  readonly reference: string;
}

export interface BuildRequest {
  readonly output: BuildOutput;
  /**
   * The engine's view of the output as a place for blobs and manifests: writing here serves every kind of output. Tags given
   * here are ignored: the engine sets the tag after the build.
   */
  readonly sink: ImageSink;
  /**
   * The base for the one platform of the build (with `multi-platform`: for the given one); `undefined` for `scratch` and Debian
   * bases. @throws BASE_NOT_FOUND, REGISTRY_…
   */
  readonly base: (platform?: string) => Promise<BaseImage | undefined>;
  readonly emit: (event: BuilderEvent) => void;
  readonly signal: AbortSignal;
  /** The caller wants nothing of an earlier build taken for current: what floats is looked up anew. */
  readonly force: boolean;
  /** References to secrets; the value is read by {@link BuildRequest.secret}. */
  readonly secrets: readonly NormalizedSecret[];
  /** Reads a secret's value in this process; from then on it is redacted everywhere. */
  readonly secret: (id: string) => Promise<string>;
  /** Carries credentials, mirrors, CAs and retries as configured. */
  readonly registryClient: RegistryClient;
  readonly resolver: Resolver | undefined;
  readonly store: LocalImageStore;
  /** Absolute; builders keep theirs in a folder of their name below it. */
  readonly cacheFolder: string;
  /** Labels that every image carries: fingerprint, contract, field hashes. The builder adds them verbatim to the config. */
  readonly labels: Readonly<Record<string, string>>;
  /** The same for a builder with `multi-platform`, whose images each have a fingerprint of their own. */
  readonly labelsByPlatform: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Environment that every image carries beside the spec's: `IMAGESPEC_ID`; `IMAGESPEC_RUNTIME_PACKAGES`, a JSON list. */
  readonly env: Readonly<Record<string, string>>;
}

/** What a builder returns. */
export interface BuildOutcome {
  /** Of the manifest (or of the index, for a builder with `multi-platform`) that was written to the output. */
  readonly digest: Digest;
  readonly mediaType: string;
  /** Bytes of that manifest. */
  readonly size: number;
  readonly platforms: readonly string[];
  /** Milliseconds by step name. */
  readonly timings: Readonly<Record<string, number>>;
  readonly bytes: { readonly downloaded: number; readonly uploaded: number };
  readonly layers?: { readonly built: number; readonly reused: number };
  /** What was installed, by platform: kept in the record beside the image. */
  readonly resolution?: Readonly<Record<string, PackageResolution>>;
  /** Anything else worth keeping in the record. */
  readonly record?: Json;
}

/**
 * Turns a {@link ResolvedImageSpec} into an image.
 *
 * Implementations keep no state between calls but caches, never change the spec they are given, and do nothing
 * expensive before {@link ImageSpecBuilder.build} is called.
 */
export interface ImageSpecBuilder {
  /** Unique, stable, kebab-case; shown in logs and errors. */
  readonly name: string;
  /** {@link contractVersion} of the core that it was written for; checked at registration. */
  readonly contractVersion: number;
  /** Default priority, higher first; a registration may override it. */
  readonly priority: number;
  /** What it can do. The engine never gives it a spec that needs more. */
  readonly capabilities: ReadonlySet<Capability>;
  /**
   * Without its source a spec gives the same image but for the layer of the source, and a working directory that is a plain folder of
   * the image's user, as the image contract says. The engine may then have it build a spec without its source once, and append each
   * state of the source itself (build option `appendSource`). @default false
   */
  readonly appendableSource?: boolean;
  /** Cheap and cached: whether it can work here, or what to do about it. @default always available */
  isAvailable?(context: SelectionContext): Promise<Availability>;
  /** Cheap: no writes, no long network calls. Only asked about specs within its capabilities. */
  shouldBuild(spec: ResolvedImageSpec, context: SelectionContext): Promise<BuildVerdict>;
  /** Which of its options change the image; enters the fingerprint when the spec names the builder. @default all of them */
  contentOptions?(options: unknown): Json;
  /**
   * Builds and delivers to `request.sink` (or, for a builder that pushes by itself, to `request.output`).
   * `spec.platforms` has exactly one entry unless the builder has `multi-platform`. Rejects with an ImageSpecError.
   */
  build(spec: ResolvedImageSpec, request: BuildRequest): Promise<BuildOutcome>;
  /**
   * Looks at what `resolvedBase` names (a reference, a layout, `scratch`), or decides what a Debian base consists of, for
   * `imagespec lock`; `spec.platforms` has one entry. @default it cannot lock, and another builder is asked
   */
  lockBase?(spec: ResolvedImageSpec, request: LockRequest): Promise<LockedBase>;
  /** The resolver that it would build the spec with, when the engine has none. */
  resolver?(spec: ResolvedImageSpec, options: { readonly cacheFolder: string }): Resolver;
}
