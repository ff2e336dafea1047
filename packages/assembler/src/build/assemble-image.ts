import os from "node:os";
import path from "node:path";
import {
  type BuildOutcome,
  type BuildRequest,
  type PackageResolution,
  profileLayout,
  type ResolvedImageSpec,
} from "@imagespec/core";
import { ImageSpecError, messageOf } from "@imagespec/errors";
import { gzipMembersEncoder, openLayerCache, Placement } from "@imagespec/image-store/layers";
import { createUvResolver, detectUvSettings, resolvePackages } from "@imagespec/resolver";
import { type BaseFacts, emptyBaseFacts } from "../base/base-facts.ts";
import type { BaseLibc } from "../base/find-libc.ts";
import { type KnownBase, readBase } from "../base/read-base.ts";
import { createLimiter } from "../concurrency/limiter.ts";
import { type TaskScope, withTaskScope } from "../concurrency/task-scope.ts";
import { containerConfig, imageDocuments } from "../image/image-document.ts";
import { type ImageUser, imageUser } from "../image/image-user.ts";
import { inheritedLayer } from "../image/layer-descriptor.ts";
import { LayerIndex } from "../layer-index/layer-index.ts";
import type { VenvPython } from "../venv/skeleton-entries.ts";
import type { VenvLayout } from "../wheel/wheel-layout.ts";
import { addToIndex } from "./add-to-index.ts";
import type { AssembleOptions } from "./assemble-options.ts";
import type { BuildContext } from "./build-context.ts";
import type { BuiltLayer } from "./built-layer.ts";
import { chooseInterpreter } from "./choose-python.ts";
import { assembleDebianImage } from "./debian-image.ts";
import { formatSize } from "./format-size.ts";
import { newDistributions } from "./new-distributions.ts";
import { type PackageLayer, packageLayers } from "./package-layers.ts";
import { publishImage } from "./publish-image.ts";
import { Publisher } from "./publisher.ts";
import { skeletonLayer } from "./skeleton-layer.ts";
import { sourceLayer } from "./source-layer.ts";
import { StepReporter } from "./step-reporter.ts";
import { WheelSource } from "./wheel-source.ts";
import { wheelsOnly } from "./wheels-only.ts";

const prefix = "opt/venv";

/**
 * Assembles an image of one platform from its base, wheels and files, and writes it to the output. Nothing is executed but uv.
 *
 * @throws BASE_UNSUPPORTED, BASE_NOT_FOUND, SOURCE_CHANGED, ABORTED and whatever resolving, downloading and writing throw
 */
export async function assembleImage(
  spec: ResolvedImageSpec,
  request: BuildRequest,
  options: AssembleOptions = {},
): Promise<BuildOutcome> {
  const run = (chosen: AssembleOptions, onIndex: (index: LayerIndex) => void): Promise<BuildOutcome> =>
    withTaskScope(request.signal, async (scope) => {
      const context = await createContext(spec, request, chosen, scope);
      if (context.index !== undefined) onIndex(context.index);
      const base = spec.resolvedBase;
      if (base.kind === "debian") return assembleDebianImage(context, base.suite);
      return new Assembly(context).run();
    });
  let index: LayerIndex | undefined;
  try {
    return await run(options, (used) => {
      index = used;
    });
  } catch (error) {
    if (index?.hasLost !== true || request.signal.aborted) throw error;
    const message = `a layer of the index "${index.registry}/${index.repository}" cannot be read (${messageOf(error)}): the layers are made here`;
    request.emit({ type: "warning", message });
    const { layerIndex: _, ...without } = options;
    return run(without, () => undefined);
  }
}

async function createContext(
  spec: ResolvedImageSpec,
  request: BuildRequest,
  options: AssembleOptions,
  scope: TaskScope,
): Promise<BuildContext> {
  const folder = options.cacheFolder ?? path.join(request.cacheFolder, "assemble");
  const { content } = request.store;
  const steps = new StepReporter(request.emit);
  return {
    spec,
    request,
    options,
    settings: options.uv ?? detectUvSettings(),
    folder,
    content,
    encoder: options.encoder ?? gzipMembersEncoder,
    cache: await openLayerCache(folder, content),
    index: openIndex(request, options, scope),
    scope,
    steps,
    publisher: new Publisher(request, scope, steps),
    writers: createLimiter(Math.max(2, Math.min(os.availableParallelism(), 4))),
  };
}

function openIndex(
  { registryClient, emit }: BuildRequest,
  { layerIndex }: AssembleOptions,
  { signal }: TaskScope,
): LayerIndex | undefined {
  if (layerIndex === undefined) return undefined;
  const { registry, repository } = layerIndex;
  return new LayerIndex({
    repository: registryClient.repository({ registry, repository }),
    signal,
    onProblem: (message) =>
      emit({ type: "warning", message: `the layer index "${registry}/${repository}" is not used: ${message}` }),
  });
}

class Assembly {
  readonly #context: BuildContext;
  #downloaded = 0;

  constructor(context: BuildContext) {
    this.#context = context;
  }

  async run(): Promise<BuildOutcome> {
    const { spec, request, steps, publisher, content, settings } = this.#context;
    const platform = spec.platforms[0] ?? "";
    const base = await this.#base();
    const facts = base?.facts ?? emptyBaseFacts;
    const placement = new Placement(facts);
    const { python, layer: pythonLayer } = await this.#python(facts, base?.image.reference ?? "scratch", placement);
    const user = imageUser(spec.user, base?.config.config?.User ?? "", facts, profileLayout(spec.profile));
    const layout = python === undefined ? undefined : { prefix, pythonMinor: python.minor };
    if (base !== undefined) this.#publishBase(base);
    await using wheels = new WheelSource(spec, request, { content, settings, steps });
    const source = this.#context.scope.start(() => this.#source(user, placement));
    const skeleton = this.#context.scope.start(() => skeletonLayer(this.#context, { layout, python, user, placement }));
    const resolution = python === undefined ? undefined : await this.#resolve(platform, facts, python);
    let packages: readonly PackageLayer[] = [];
    const layers = await steps.run("layers", undefined, async (notes) => {
      packages =
        resolution === undefined || layout === undefined
          ? []
          : await this.#packages(resolution, facts, {
              wheels,
              layout,
              placement,
              // The environment with its user, the source, and perhaps a Python.
              otherLayers: (base?.manifest.layers.length ?? 0) + (pythonLayer === undefined ? 2 : 3),
            });
      const made = [await pythonLayer, ...packages, await skeleton, await source].filter(
        (layer) => layer !== undefined,
      );
      const built = made.filter(({ reused }) => !reused);
      const size = built.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
      notes.detail = `${built.length} built, ${made.length - built.length} reused · ${formatSize(size)}`;
      notes.cached = built.length === 0;
      return made;
    });
    const documents = imageDocuments({
      platform,
      base: base === undefined ? undefined : { config: base.config, layers: base.manifest.layers.map(inheritedLayer) },
      layers,
      config: containerConfig(spec, base?.config.config ?? {}, {
        user: user.name,
        venv: python !== undefined,
        env: request.env,
        labels: request.labels,
      }),
    });
    const { digest, mediaType, size } = await publishImage(this.#context, documents);
    await addToIndex(this.#context, packages, base);
    const built = layers.filter(({ reused }) => !reused).length;
    return {
      digest,
      mediaType,
      size,
      platforms: [platform],
      timings: steps.timings,
      bytes: { downloaded: this.#downloaded + wheels.bytesDownloaded, uploaded: publisher.bytesWritten },
      layers: { built, reused: layers.length - built },
      ...(resolution === undefined ? {} : { resolution: { [platform]: resolution } }),
    };
  }

  async #base(): Promise<KnownBase | undefined> {
    const { spec, request, steps, scope, content, folder, index } = this.#context;
    if (spec.resolvedBase.kind === "scratch") return undefined;
    return steps.run("base", "baseImage", async (notes) => {
      const image = await request.base(spec.platforms[0]);
      if (image === undefined) throw new ImageSpecError("INTERNAL", "the engine gave no base image");
      let report: ((current: number) => void) | undefined;
      const onDownload = (current: number, total: number): void => {
        report ??= steps.transfer("base", "pull", image.reference, total);
        report(current);
        this.#downloaded = current;
      };
      const base = await readBase(image, { content, folder, index, signal: scope.signal, onDownload });
      if ((base.config.config?.OnBuild ?? []).length > 0) {
        throw new ImageSpecError("BASE_UNSUPPORTED", `the base image "${image.reference}" has ONBUILD instructions`, {
          hint: "choose a base without them, or let a builder with a container engine build it: builder: buildkit",
        });
      }
      notes.cached = this.#downloaded === 0;
      const version = base.facts.python?.version ?? base.facts.python?.minor;
      notes.detail = version === undefined ? image.reference : `${image.reference} · python ${version}`;
      return base;
    });
  }

  /** The interpreter; its layer, where the base has no fitting one, is made while the packages are resolved. */
  async #python(
    facts: BaseFacts,
    reference: string,
    placement: Placement,
  ): Promise<{ readonly python: VenvPython | undefined; readonly layer: Promise<BuiltLayer> | undefined }> {
    const chosen = chooseInterpreter(this.#context.spec, facts, reference);
    if (chosen?.source !== "standalone") return { python: chosen?.python, layer: undefined };
    return this.#standalonePython(chosen, placement);
  }

  async #standalonePython(
    { wanted, libc }: { readonly wanted: string; readonly libc: BaseLibc },
    placement: Placement,
  ): Promise<{ readonly python: VenvPython; readonly layer: Promise<BuiltLayer> }> {
    const { spec, steps, scope } = this.#context;
    const { findPython, openPythons, pythonLayer, standalonePath } = await import("./python-layer.ts");
    const pythons = await openPythons(this.#context);
    const found = await findPython(pythons, spec, { wanted, libc });
    const minor = found.version.split(".").slice(0, 2).join(".");
    const layer = scope.start(() =>
      steps.run("python", "pythonVersion", async (notes) => {
        const made = await pythonLayer(this.#context, pythons, found, placement);
        notes.detail = `${found.version} · ${formatSize(made.descriptor.size)}`;
        notes.cached = made.reused;
        return made;
      }),
    );
    return { python: { path: standalonePath(minor), minor, version: found.version }, layer };
  }

  async #source(user: ImageUser, placement: Placement): Promise<BuiltLayer | undefined> {
    const { spec, steps } = this.#context;
    const { files, size } = spec.source;
    if (files.length === 0) return undefined;
    return steps.run("source", "sourceRoot", async (notes) => {
      const layer = await sourceLayer(this.#context, user, placement);
      const count = files.filter(({ kind }) => kind === "file").length;
      notes.detail = `${count} file${count === 1 ? "" : "s"} · ${formatSize(size)}`;
      notes.cached = layer?.reused === true;
      return layer;
    });
  }

  #publishBase({ image, manifest }: KnownBase): void {
    const { request, publisher, content, scope } = this.#context;
    const { output } = request;
    const { repository } = image;
    const isNear = output.kind === "registry" && repository?.registry === output.registry;
    const mountFrom = isNear ? [repository.repository] : [];
    for (const layer of manifest.layers) {
      const open = async (): Promise<AsyncIterable<Uint8Array>> => {
        const here = (await content.stat(layer.digest))?.size === layer.size;
        return here ? content.open(layer.digest) : image.source.openBlob(layer, { signal: scope.signal });
      };
      publisher.publish(layer, open, mountFrom);
    }
  }

  async #resolve(platform: string, facts: BaseFacts, python: VenvPython): Promise<PackageResolution> {
    const { spec, request, options, settings, steps, scope, folder } = this.#context;
    return steps.run("resolve", "packages", async (notes) => {
      const asksForPackages = spec.requirementLines.length > 0 || spec.lock !== undefined;
      if (asksForPackages && facts.libc === undefined) {
        throw new ImageSpecError("BASE_UNSUPPORTED", "the C library of the base image was not recognised", {
          hint: "choose a base with glibc or musl",
        });
      }
      const libc = facts.libc ?? { kind: "glibc", version: "2.17" };
      const constraints = Object.entries(facts.distributions).map(([name, version]) => `${name}==${version}`);
      const { resolution, cached } = await resolvePackages(
        spec,
        { platform, pythonVersion: python.version, libc },
        {
          resolver: request.resolver ?? createUvResolver({ cacheFolder: request.cacheFolder, settings }),
          request,
          settings,
          folder,
          constraints,
          maxAgeMs: options.resolutionMaxAgeMs,
          signal: scope.signal,
          onLog: (text) => steps.log("resolve", text),
        },
      );
      const count = resolution.distributions.length;
      notes.detail = `${count} package${count === 1 ? "" : "s"}`;
      notes.cached = cached || !asksForPackages;
      return resolution;
    });
  }

  #packages(
    resolution: PackageResolution,
    facts: BaseFacts,
    options: {
      readonly wheels: WheelSource;
      readonly layout: VenvLayout;
      readonly placement: Placement;
      readonly otherLayers: number;
    },
  ): Promise<readonly PackageLayer[]> {
    const distributions = newDistributions(wheelsOnly(resolution.distributions), facts.distributions);
    return packageLayers(this.#context, distributions, options);
  }
}
