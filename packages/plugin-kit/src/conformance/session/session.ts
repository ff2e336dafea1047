import { mkdir, mkdtemp } from "node:fs/promises";
import path from "node:path";
import {
  type BuildEvent,
  type Capability,
  ImageBuildEngine,
  ImageSpec,
  type ImageSpecBuilder,
  type ImageSpecInput,
  type OutputChoice,
} from "@imagespec/core";
import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import type { ContainerConfig } from "@imagespec/oci";
import { Breaches } from "../breaches.ts";
import type { ConformanceOptions } from "../conformance-options.ts";
import type { ConformanceSettings } from "../settings.ts";
import { deriveBase, findBasePython, readBaseConfig, readBaseDiffIds } from "./derive-base.ts";
import { type Environment, openEnvironment } from "./environment.ts";
import { fullSpec } from "./full-spec.ts";
import { writeProject } from "./made-project.ts";
import { observeBuilder } from "./observe-builder.ts";
import { repositoryName } from "./repository-name.ts";
import { type OpenedSource, sourceOfOutput } from "./source-of-output.ts";
import { readStoredImage, type StoredImage } from "./stored-image.ts";
import type { BuiltTrial, Trial, TrialOptions } from "./trial.ts";

/** One run of the suite against one builder: what the tests share, made when the first one needs it. */
export class Session {
  readonly settings: ConformanceSettings;
  readonly promptMs: number;
  readonly #options: ConformanceOptions;
  readonly #prefix: string;
  #environment: Promise<Environment> | undefined;
  #project: Promise<string> | undefined;
  #full: Promise<BuiltTrial> | undefined;
  #image: Promise<StoredImage> | undefined;
  #baseConfig: Promise<ContainerConfig> | undefined;
  #builder: ImageSpecBuilder | undefined;
  #count = 0;

  constructor(options: ConformanceOptions) {
    this.#options = options;
    this.settings = options.settings ?? {};
    this.promptMs = this.settings.promptMs ?? 5000;
    this.#prefix = repositoryName(this.settings, `${process.pid}-${Date.now().toString(36)}`);
  }

  /** A fresh builder. */
  createBuilder(): ImageSpecBuilder {
    return this.#options.createBuilder();
  }

  createReference(): ImageSpecBuilder {
    if (this.#options.reference !== undefined) return this.#options.reference();
    throw new ImageSpecError("INTERNAL", "there is no reference builder");
  }

  get hasReference(): boolean {
    return this.#options.reference !== undefined;
  }

  /** One builder for questions that need no fresh one. */
  get builder(): ImageSpecBuilder {
    this.#builder ??= this.createBuilder();
    return this.#builder;
  }

  can(capability: Capability): boolean {
    return this.builder.capabilities.has(capability);
  }

  breaches(): Breaches {
    return new Breaches(this.builder.name);
  }

  environment(): Promise<Environment> {
    this.#environment ??= openEnvironment(this.settings);
    return this.#environment;
  }

  /** Folder of the made project. */
  project(): Promise<string> {
    this.#project ??= this.folder("project").then(async (folder) => {
      await writeProject(folder, 1_700_000_000);
      return folder;
    });
    return this.#project;
  }

  /** A new folder of the run. */
  async folder(name: string): Promise<string> {
    const { folder } = await this.environment();
    return mkdtemp(`${folder.join(name)}-`);
  }

  /** A repository that nothing was built into. */
  newName(): string {
    this.#count++;
    return `${this.#prefix}-${this.#count}`;
  }

  /** Where images go unless a test says otherwise. */
  async defaultOutput(): Promise<OutputChoice> {
    if (this.can("output-registry")) return "registry";
    if (this.can("output-local-store")) return "local-store";
    if (this.can("output-oci-layout")) return { kind: "oci-layout", path: await this.folder("layout") };
    if (this.can("output-docker-archive")) {
      return { kind: "docker-archive", path: path.join(await this.folder("archive"), "image.tar") };
    }
    throw new ImageSpecError("BUILDER_CONTRACT", `builder "${this.builder.name}" declares no output to look into`, {
      hint: 'declare what its images can go to, such as "output-registry"',
    });
  }

  /** What the base hands on to images. */
  baseConfig(): Promise<ContainerConfig> {
    this.#baseConfig ??= this.environment().then(readBaseConfig);
    return this.#baseConfig;
  }

  /** DiffIDs of the base's layers. */
  async baseDiffIds(): Promise<readonly string[]> {
    return readBaseDiffIds(await this.environment());
  }

  /** Path of the base's interpreter. */
  async basePython(): Promise<string> {
    return findBasePython(await this.environment());
  }

  /** The reference of an image like the base whose config differs. */
  async derivedBase(name: string, change: (config: ContainerConfig) => ContainerConfig): Promise<string> {
    return deriveBase(await this.environment(), name, change);
  }

  /** Builds through an engine of its own, and says how it went. Fields that are not given: the base. */
  async trial(given: ImageSpecInput, options: TrialOptions = {}): Promise<Trial> {
    const { client, registry, base, folder } = await this.environment();
    const { name = this.newName(), root = await this.project(), cacheFolder = folder.join("cache") } = options;
    const output = options.output ?? (await this.defaultOutput());
    const input: ImageSpecInput = { baseImage: base, ...given, name };
    const observed = observeBuilder(
      options.isReference === true ? this.createReference() : (options.builder ?? this.createBuilder()),
      options.hooks,
    );
    await mkdir(cacheFolder, { recursive: true });
    await using engine = new ImageBuildEngine({
      builders: [observed.builder],
      cacheFolder,
      registryClient: client,
      concurrency: 8,
      env: options.env ?? {},
    });
    const events: BuildEvent[] = [];
    const start = performance.now();
    const ending = { result: undefined, error: undefined } as Pick<Trial, "result" | "error">;
    let ended = ending;
    try {
      const result = await engine.build(new ImageSpec(input), {
        root,
        output,
        // The suite looks at what builders make; one test at what the engine appends to it.
        appendSource: false,
        ...(output === "registry" ? { registry } : {}),
        ...options.build,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        onEvent: (event) => events.push(event),
      });
      ended = { result, error: undefined };
    } catch (error) {
      if (!isImageSpecError(error)) throw error;
      ended = { result: undefined, error };
    }
    const ms = performance.now() - start;
    return { input, name, output, cacheFolder, observed, events, ...ended, ms };
  }

  /** Like {@link trial}, for builds that have to succeed. @throws BUILDER_CONTRACT */
  async built(given: ImageSpecInput, options: TrialOptions = {}): Promise<BuiltTrial> {
    const trial = await this.trial(given, options);
    const { result, error } = trial;
    if (result !== undefined) return { ...trial, result };
    const who = options.isReference === true ? "the reference builder" : `builder "${this.builder.name}"`;
    const log = error?.logTail.length ? `\n  ${error.logTail.slice(-10).join("\n  ")}` : "";
    const message = `${who} fails where it has to build: ${error?.code}: ${error?.message}${log}`;
    throw new ImageSpecError("BUILDER_CONTRACT", message, {
      hint: error?.hint ?? "look at the cause",
      cause: error,
    });
  }

  /** A build of a spec with nearly every field that needs no capability; made once. */
  full(): Promise<BuiltTrial> {
    this.#full ??= this.environment().then((environment) => this.built(fullSpec(environment)));
    return this.#full;
  }

  /** The image of {@link full}. */
  image(): Promise<StoredImage> {
    this.#image ??= this.full().then((trial) => this.stored(trial));
    return this.#image;
  }

  /** The place that a trial's image went to. */
  async open(trial: Pick<Trial, "name" | "output" | "cacheFolder">): Promise<OpenedSource> {
    return sourceOfOutput(await this.environment(), trial);
  }

  /** The image that a trial made, read from where it went. */
  async stored(trial: BuiltTrial): Promise<StoredImage> {
    await using opened = await this.open(trial);
    return readStoredImage(opened.source, trial.result.digest ?? "");
  }

  /** Names or tags under which something can be found at the place where a trial was to go. */
  async published(trial: Pick<Trial, "name" | "output" | "cacheFolder">): Promise<readonly string[]> {
    await using opened = await this.open(trial);
    return opened.published();
  }

  /** Ends what tests share. Used again afterwards, it opens everything anew. */
  async close(): Promise<void> {
    const environment = this.#environment;
    this.#environment = undefined;
    this.#project = undefined;
    this.#full = undefined;
    this.#image = undefined;
    this.#baseConfig = undefined;
    await (await environment)?.[Symbol.asyncDispose]();
  }
}
