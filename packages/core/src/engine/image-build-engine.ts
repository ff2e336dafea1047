import { setMaxListeners } from "node:events";
import { resolve } from "node:path";
import { abortedError, ImageSpecError } from "@imagespec/errors";
import type { ImageSpecBuilder } from "../builder/builder.ts";
import { BuilderRegistry, compareBuilders, type RegisteredBuilder } from "../builder-registry/builder-registry.ts";
import { defaultBuilderRegistry } from "../builder-registry/default-builder-registry.ts";
import { EventStream } from "../events/event-stream.ts";
import { openOutputToRead } from "../outputs/open-output.ts";
import { defaultImageName } from "../spec/image-name.ts";
import { ImageSpec } from "../spec/image-spec.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import { toImageSpecError } from "./build-error.ts";
import type { BuildInput, BuildOptions, EngineOptions } from "./build-options.ts";
import type { BuildPlan, PlannedImage } from "./build-plan.ts";
import { type BuildTarget, buildTarget, referenceOf } from "./build-target.ts";
import { checkExistence } from "./check-existence.ts";
import { createEngineContext, type OwnedEngineContext } from "./create-engine-context.ts";
import { detectConcurrency } from "./detect.ts";
import type { BuildContext, EngineContext, Session } from "./engine-context.ts";
import type { Existence } from "./existence.ts";
import type { Drift } from "./find-drift.ts";
import type { ImageResult } from "./image-result.ts";
import { imageResultOf } from "./image-result-of.ts";
import { largeSource } from "./large-source.ts";
import { Limiter } from "./limiter.ts";
import type { LockOptions, LockResult, LockStatus } from "./lock-result.ts";
import type { LockInput } from "./lock-specs.ts";
import { makeImage } from "./make-image.ts";
import { prepareSpec } from "./prepare-spec.ts";
import type { Selection } from "./selection.ts";
import { limitTime, untilAborted } from "./time-limit.ts";
import { WorkTable } from "./work-table.ts";

/** How one of several builds ended. */
export type SettledBuild =
  | { readonly status: "fulfilled"; readonly result: ImageResult }
  | { readonly status: "rejected"; readonly error: ImageSpecError };

/** Options for building several images. */
export interface BuildAllOptions extends BuildOptions {
  /** Images in the making at once. @default the number of cores, at most 4 */
  readonly concurrency?: number | undefined;
}

/**
 * Turns specs into images: asks once whether an image exists, lets the best builder make it if not, and publishes the result
 * under its tag. Close it, or declare it with `await using`.
 */
export class ImageBuildEngine implements AsyncDisposable {
  readonly #context: OwnedEngineContext;
  readonly #defaults: NonNullable<EngineOptions["defaults"]>;
  readonly #shared: BuilderRegistry;
  readonly #own = new BuilderRegistry();
  readonly #closing = new AbortController();

  constructor(options: EngineOptions = {}) {
    this.#defaults = options.defaults ?? {};
    // Every build listens to it.
    setMaxListeners(0, this.#closing.signal);
    this.#shared =
      options.registry ?? (options.builders === undefined ? defaultBuilderRegistry() : new BuilderRegistry());
    for (const builder of options.builders ?? []) this.#own.register(builder);
    this.#context = createEngineContext(options, () => this.builders(), this.#closing.signal);
  }

  /**
   * Adds a builder to this engine alone.
   *
   * @throws BUILDER_CONTRACT, BUILDER_CONFLICT
   */
  register(builder: ImageSpecBuilder, options: { readonly priority?: number | undefined } = {}): void {
    this.#own.register(builder, options);
  }

  /** The builders this engine chooses from, in the order in which it asks them; its own win over shared ones of their name. */
  builders(): readonly RegisteredBuilder[] {
    const own = this.#own.list();
    const names = new Set(own.map(({ name }) => name));
    return [...own, ...this.#shared.list().filter(({ name }) => !names.has(name))].sort(compareBuilders);
  }

  /**
   * Makes sure that the image of a spec exists, and says where.
   *
   * @throws ImageSpecError: SPEC_…, NO_BUILDER, BUILDER_…, TAG_MISMATCH, EXISTENCE_UNKNOWN, SOURCE_CHANGED, BUILD_TIMEOUT,
   * ABORTED, REGISTRY_…, and what the builder rejects with
   */
  async build(spec: ImageSpec | ResolvedImageSpec, options: BuildOptions = {}): Promise<ImageResult> {
    return this.#build(spec, options, newSession());
  }

  /**
   * Builds several images side by side; equal content is built once. One failure does not stop the others.
   *
   * @throws the first failure, once all have ended; `details.results` has how each ended, as {@link buildAllSettled} returns it
   */
  async buildAll(inputs: readonly BuildInput[], options: BuildAllOptions = {}): Promise<readonly ImageResult[]> {
    const results = await this.buildAllSettled(inputs, options);
    const failures = results.filter((result) => result.status === "rejected");
    const [first] = failures;
    if (first === undefined) return results.flatMap((result) => (result.status === "fulfilled" ? [result.result] : []));
    const { error } = first;
    const others = failures.length === 1 ? "" : ` (and ${failures.length - 1} more of ${results.length} builds failed)`;
    throw new ImageSpecError(error.code, `${error.message}${others}`, {
      origin: error.origin,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      problems: error.problems,
      logTail: error.logTail,
      cause: error,
      details: { ...error.details, results },
    });
  }

  /** Builds several images side by side and says of each how it ended, in the order of the specs. */
  async buildAllSettled(
    inputs: readonly BuildInput[],
    options: BuildAllOptions = {},
  ): Promise<readonly SettledBuild[]> {
    const { concurrency = detectConcurrency(), ...common } = options;
    const limiter = new Limiter(concurrency);
    const session = newSession();
    const never = new AbortController().signal;
    return Promise.all(
      inputs.map((input) =>
        // Also those that were aborted before their turn run, to report that they are done.
        limiter.run(never, async (): Promise<SettledBuild> => {
          const { spec, own } = partsOf(input);
          try {
            return { status: "fulfilled", result: await this.#build(spec, { ...common, ...own }, session) };
          } catch (error) {
            return { status: "rejected", error: toImageSpecError(error) };
          }
        }),
      ),
    );
  }

  /** What a build would do, for each image and the bases it would need; nothing is written. @throws SPEC_…, LOCK_… */
  async plan(inputs: BuildInput | readonly BuildInput[], options: BuildOptions = {}): Promise<BuildPlan> {
    const list: readonly BuildInput[] = Array.isArray(inputs) ? inputs : [inputs];
    await this.#context.loadBuilders();
    const { planImage } = await import("./plan-image.ts");
    const planned = await Promise.all(
      list.map((input) => {
        const { spec, own } = partsOf(input);
        return this.#look(spec, { ...options, ...own }, (context, target) =>
          planImage(context, target, { isBase: false, isForced: context.options.force ?? false }),
        );
      }),
    );
    const images = new Map<string, PlannedImage>();
    for (const image of planned.flat()) {
      const key = `${image.reference} ${image.fingerprint}`;
      images.set(key, images.get(key) ?? image);
    }
    return { images: [...images.values()] };
  }

  /** Who would build a spec, and what every builder says about it; whether the image exists is not asked. @throws SPEC_…, BUILDER_NOT_FOUND */
  async explain(spec: ImageSpec | ResolvedImageSpec, options: BuildOptions = {}): Promise<Selection> {
    await this.#context.loadBuilders();
    const { explainSelection } = await import("./explain-selection.ts");
    return this.#look(spec, options, explainSelection);
  }

  /** Whether the image of a spec exists, compared with the spec. @throws SPEC_…, LOCK_… */
  async exists(spec: ImageSpec | ResolvedImageSpec, options: BuildOptions = {}): Promise<Existence> {
    return this.#look(spec, options, async ({ engine, signal }, target) => {
      const output = await openOutputToRead(target.place, engine);
      return output === undefined ? { state: "absent" } : (await checkExistence(output, target, signal)).existence;
    });
  }

  /**
   * Writes the lock files of specs, beside them: what their packages resolve to, the digest of the base or its Debian packages.
   * A spec that another one stands on is locked first. Without `upgrade`, what an earlier lock pins stays as far as it fits.
   *
   * @throws SPEC_…, LOCK_INVALID, NO_BUILDER when no builder can lock, BASE_…, INDEX_…, RESOLVER_…, REGISTRY_…, DEBIAN_…
   */
  async lock(inputs: LockInput | readonly LockInput[], options: LockOptions = {}): Promise<readonly LockResult[]> {
    using limit = limitTime(options.timeoutMs, options.signal, this.#closing.signal);
    const { signal } = limit;
    return untilAborted(signal, async () => {
      await this.#context.loadBuilders();
      const { lockSpecs } = await import("./lock-specs.ts");
      return lockSpecs(lockParts(inputs, options), options, this.#context, this.#defaults, signal);
    });
  }

  /** Whether the lock files of specs fit them; nothing is written, and no network is needed. @throws SPEC_…, LOCK_INVALID */
  async lockStatus(
    inputs: LockInput | readonly LockInput[],
    options: LockOptions = {},
  ): Promise<readonly LockStatus[]> {
    using limit = limitTime(options.timeoutMs, options.signal, this.#closing.signal);
    const { signal } = limit;
    return untilAborted(signal, async () => {
      const { lockStatuses } = await import("./lock-specs.ts");
      return lockStatuses(lockParts(inputs, options), this.#context, this.#defaults, signal);
    });
  }

  /**
   * What would be installed now instead of what is locked, or of what the record of the image says: package indexes, Debian
   * and base images are asked anew. Nothing is written.
   *
   * @throws what {@link lock} throws; LOCK_STALE
   */
  async drift(input: LockInput, options: BuildOptions = {}): Promise<readonly Drift[]> {
    const { spec, own } = partsOf(input);
    await this.#context.loadBuilders();
    if (!ImageSpec.isImageSpec(spec)) {
      throw new ImageSpecError("SPEC_TYPE", "drift is found from an ImageSpec", { hint: "give the ImageSpec" });
    }
    const [{ findDrift }, { LockSession }, { taskOf }] = await Promise.all([
      import("./find-drift.ts"),
      import("./lock-session.ts"),
      import("./lock-specs.ts"),
    ]);
    return this.#look(spec, { ...options, ...own }, ({ signal, options: given }, target) =>
      findDrift(taskOf({ spec, options: given }, this.#context, this.#defaults, new LockSession(), signal), target),
    );
  }

  /** Ends what is under way with `ABORTED` and closes connections. May be called twice. */
  async close(): Promise<void> {
    this.#closing.abort(new ImageSpecError("ABORTED", "the engine was closed"));
    await this.#context[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #build(spec: ImageSpec | ResolvedImageSpec, given: BuildOptions, session: Session): Promise<ImageResult> {
    const options = this.#withDefaults(given);
    const events = new EventStream(options.name ?? spec.name ?? defaultImageName, options.onEvent);
    using limit = limitTime(options.timeoutMs, options.signal, this.#closing.signal);
    const { signal } = limit;
    try {
      const target = await this.#target(spec, options, signal);
      const context: BuildContext = { engine: this.#engineFor(target), options, signal, events, session };
      events.started(`${target.name}:${target.tag}`, {
        target: referenceOf(target),
        fingerprint: target.spec.fingerprint,
      });
      const large = largeSource(target.spec);
      if (large !== undefined) events.emit({ builder: "", prefix: undefined }, { type: "warning", message: large });
      const made = await makeImage(context, target, { isForced: options.force ?? false });
      const result = imageResultOf(target, made, events);
      events.done(result.builder, { result });
      return result;
    } catch (thrown) {
      const error = toImageSpecError(signal.aborted ? abortedError(signal) : thrown);
      const { builder } = error.details;
      events.done(typeof builder === "string" ? builder : "", { error });
      throw error;
    }
  }

  async #look<T>(
    spec: ImageSpec | ResolvedImageSpec,
    given: BuildOptions,
    action: (context: BuildContext, target: BuildTarget) => Promise<T>,
  ): Promise<T> {
    const options = this.#withDefaults(given);
    using limit = limitTime(options.timeoutMs, options.signal, this.#closing.signal);
    const { signal } = limit;
    const events = new EventStream(options.name ?? spec.name ?? defaultImageName, undefined);
    const target = await this.#target(spec, options, signal);
    const context: BuildContext = { engine: this.#engineFor(target), options, signal, events, session: newSession() };
    return untilAborted(signal, () => action(context, target));
  }

  /** A docker config file that the spec names is where its credentials come from, and no other place. */
  #engineFor({ spec }: BuildTarget): EngineContext {
    const { registryConfig, root } = spec;
    return registryConfig === undefined
      ? this.#context
      : this.#context.withRegistryConfig(resolve(root, registryConfig));
  }

  #withDefaults(options: BuildOptions): BuildOptions {
    const { existence, timeoutMs, systemBuilder } = this.#defaults;
    return {
      ...options,
      existence: options.existence ?? existence,
      timeoutMs: options.timeoutMs ?? timeoutMs,
      systemBuilder: options.systemBuilder ?? systemBuilder,
    };
  }

  async #target(spec: ImageSpec | ResolvedImageSpec, options: BuildOptions, signal: AbortSignal): Promise<BuildTarget> {
    const prepare = () => prepareSpec(spec, options, this.#defaults, this.#context, signal);
    return buildTarget(await untilAborted(signal, prepare), options);
  }
}

function lockParts(
  inputs: LockInput | readonly LockInput[],
  options: LockOptions,
): readonly { readonly spec: ImageSpec; readonly options: LockOptions }[] {
  const list: readonly LockInput[] = Array.isArray(inputs) ? inputs : [inputs];
  return list.map((input) =>
    ImageSpec.isImageSpec(input)
      ? { spec: input, options }
      : { spec: input.spec, options: { ...options, ...input.options } },
  );
}

function newSession(): Session {
  return { built: new WorkTable(), bases: new Map() };
}

function partsOf(input: BuildInput): { readonly spec: ImageSpec | ResolvedImageSpec; readonly own: BuildOptions } {
  if (ImageSpec.isImageSpec(input) || typeof input !== "object" || !("spec" in input)) return { spec: input, own: {} };
  return { spec: input.spec, own: input.options ?? {} };
}
