import {
  type BuildContext,
  type BuiltLayer,
  containerConfig,
  emptyBaseFacts,
  formatSize,
  type ImageUser,
  imageDocuments,
  imageUser,
  inheritedLayer,
  newDistributions,
  packageLayers,
  publishImage,
  skeletonLayer,
  sourceLayer,
  type VenvPython,
  WheelSource,
  wheelsOnly,
  withTaskScope,
} from "@imagespec/assembler/parts";
import type {
  BuildOutcome,
  BuildRequest,
  Json,
  PackageResolution,
  ResolvedImageSpec,
  WheelDistribution,
} from "@imagespec/core";
import { Placement } from "@imagespec/image-store/layers";
import { createUvResolver, resolvePackages } from "@imagespec/resolver";
import { mapAptPackages } from "../apt/map-apt-packages.ts";
import type { Root } from "../evaluation/evaluation.ts";
import { nixSystem } from "../evaluation/evaluation-input.ts";
import { IndexedLayers } from "../layers/indexed-layer.ts";
import { LayerIndex } from "../layers/layer-index.ts";
import { planStoreLayers, storeLayers } from "../layers/store-layers.ts";
import { mergeImageOptions } from "../options/content-options.ts";
import type { NixBuilderOptions, NixImageOptions } from "../options/nix-builder-options.ts";
import { choosePin } from "../pins/choose-pin.ts";
import { NixProcess } from "../process/nix-process.ts";
import { pushToCache } from "../realisation/push-to-cache.ts";
import { chooseInterpreter, type Interpreter } from "./choose-interpreter.ts";
import { Closures } from "./closures.ts";
import { type FoundPackages, findPackages } from "./find-packages.ts";
import { nixContext } from "./nix-context.ts";
import { type OpenedBase, openBase } from "./open-base.ts";
import { askedWheels, PatchedWheels } from "./patched-wheels.ts";
import { packageSource } from "./plan.ts";

const prefix = "opt/venv";
const certificates = "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt";

/** Makes an image of one platform from a base, store paths of Nix, wheels and files, and writes it to the output. */
export async function buildNixImage(
  options: NixBuilderOptions,
  spec: ResolvedImageSpec,
  request: BuildRequest,
): Promise<BuildOutcome> {
  return withTaskScope(request.signal, async (scope) => {
    const context = await nixContext(options, spec, request, scope);
    return new NixBuild(context, options).run();
  });
}

/** What Nix has a part in, when it has. */
interface NixParts {
  readonly found: FoundPackages;
  readonly layers: readonly BuiltLayer[];
  readonly distributions: readonly WheelDistribution[];
}

class NixBuild {
  readonly #context: BuildContext;
  readonly #options: NixBuilderOptions;
  readonly #image: NixImageOptions;
  readonly #nix: NixProcess;
  #downloaded = 0;

  constructor(context: BuildContext, options: NixBuilderOptions) {
    this.#context = context;
    this.#options = options;
    this.#image = mergeImageOptions(options, context.spec.builderOptions);
    this.#nix = new NixProcess(options);
  }

  async run(): Promise<BuildOutcome> {
    const { spec, request, steps, publisher, content, settings, scope } = this.#context;
    const platform = spec.platforms[0] ?? "";
    const base = await openBase(this.#context);
    const facts = base?.facts ?? emptyBaseFacts;
    const interpreter = chooseInterpreter(spec, this.#image, { facts, reference: base?.image.reference ?? "scratch" });
    const placement = new Placement(facts);
    const user = imageUser(spec.user, base?.config.config?.User ?? "", facts);
    await using wheels = new WheelSource(spec, request, { content, settings, steps });
    const source = scope.start(() => this.#source(user, placement));
    const resolution = await this.#resolve(platform, interpreter, base);
    const fromIndex = resolution === undefined ? [] : wheelsOnly(resolution.distributions);
    const wanted = newDistributions(fromIndex, facts.distributions);
    const parts = await this.#nixParts(interpreter, wanted, { placement, wheels, base });
    const python = this.#venvPython(interpreter, parts);
    const layout = python === undefined ? undefined : { prefix, pythonMinor: python.minor };
    const layers = await steps.run("layers", undefined, async (notes) => {
      const otherLayers = (base?.manifest.layers.length ?? 0) + (parts?.layers.length ?? 0) + 2;
      const distributions = parts?.distributions ?? wanted;
      const packages =
        layout === undefined || distributions.length === 0
          ? []
          : await packageLayers(this.#context, distributions, { wheels, layout, placement, otherLayers });
      const skeleton = await skeletonLayer(this.#context, { layout, python, user, placement });
      const made = [...(parts?.layers ?? []), ...packages, skeleton, await source].filter(
        (layer) => layer !== undefined,
      );
      const built = made.filter(({ reused }) => !reused);
      const size = built.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
      notes.detail = `${built.length} built, ${made.length - built.length} reused · ${formatSize(size)}`;
      notes.cached = built.length === 0;
      return made;
    });
    const hasCertificates = parts?.found.evaluation.roots.some(({ role }) => role === "certificates") === true;
    const documents = imageDocuments({
      platform,
      base: base === undefined ? undefined : { config: base.config, layers: base.manifest.layers.map(inheritedLayer) },
      layers,
      config: containerConfig(spec, base?.config.config ?? (hasCertificates ? { Env: [certificates] } : {}), {
        user: user.name,
        venv: python !== undefined,
        env: request.env,
        labels: request.labels,
      }),
    });
    const { digest, mediaType, size } = await publishImage(this.#context, documents);
    await this.#pushToCache(parts);
    const built = layers.filter(({ reused }) => !reused).length;
    return {
      digest,
      mediaType,
      size,
      platforms: [platform],
      timings: steps.timings,
      bytes: {
        downloaded: (base?.downloaded ?? 0) + wheels.bytesDownloaded + this.#downloaded,
        uploaded: publisher.bytesWritten,
      },
      layers: { built, reused: layers.length - built },
      ...(resolution === undefined ? {} : { resolution: { [platform]: resolution } }),
      ...(parts === undefined ? {} : { record: recordOf(parts.found) }),
    };
  }

  async #source(user: ImageUser, placement: Placement): Promise<BuiltLayer | undefined> {
    const { spec, steps } = this.#context;
    const { files, size } = spec.source;
    if (files.length === 0) return undefined;
    return steps.run("source", "sourceRoot", async (notes) => {
      const layer = await sourceLayer(this.#context, user, placement);
      notes.detail = `${files.filter(({ kind }) => kind === "file").length} files · ${formatSize(size)}`;
      notes.cached = layer?.reused === true;
      return layer;
    });
  }

  /** Which wheels there are to be; nothing where packages come from the package set. */
  async #resolve(
    platform: string,
    interpreter: Interpreter | undefined,
    base: OpenedBase | undefined,
  ): Promise<PackageResolution | undefined> {
    const { spec, request, settings, steps, scope, folder } = this.#context;
    if (interpreter === undefined || packageSource(spec, this.#image) !== "wheels") return undefined;
    const { from } = interpreter;
    const { glibc } = this.#pin(interpreter) ?? {};
    const target =
      from === "base"
        ? {
            pythonVersion: interpreter.python.version,
            libc: base?.facts.libc ?? ({ kind: "glibc", version: "2.17" } as const),
          }
        : {
            pythonVersion: spec.pythonVersion ?? interpreter.minor,
            libc: { kind: "glibc", version: glibc ?? "2.34" } as const,
          };
    const constraints = Object.entries(base?.facts.distributions ?? {}).map(([name, version]) => `${name}==${version}`);
    return steps.run("resolve", "packages", async (notes) => {
      const { resolution, cached } = await resolvePackages(
        spec,
        { platform, ...target },
        {
          resolver: request.resolver ?? createUvResolver({ cacheFolder: request.cacheFolder, settings }),
          request,
          settings,
          folder,
          constraints,
          signal: scope.signal,
          onLog: (text) => steps.log("resolve", text),
        },
      );
      const count = resolution.distributions.length;
      notes.detail = `${count} package${count === 1 ? "" : "s"}`;
      notes.cached = cached;
      return resolution;
    });
  }

  /** Everything that Nix has a part in; nothing where the image needs none of it. */
  async #nixParts(
    interpreter: Interpreter | undefined,
    distributions: readonly WheelDistribution[],
    around: { readonly placement: Placement; readonly wheels: WheelSource; readonly base: OpenedBase | undefined },
  ): Promise<NixParts | undefined> {
    const { spec, request, steps, scope } = this.#context;
    const system = mapAptPackages(spec.aptPackages, this.#image).mapped;
    if (interpreter?.from !== "nix" && system.length === 0) return undefined;
    const minor = interpreter?.from === "nix" ? interpreter.minor : undefined;
    const asked = minor === undefined ? [] : askedWheels(distributions, minor);
    const found = await steps.run("evaluate", "packages", async (notes) => {
      const answer = await findPackages(this.#nix, this.#context, {
        options: this.#options,
        image: this.#image,
        minor,
        system,
        wheels: asked,
      });
      notes.detail = `${answer.pinName} · ${answer.evaluation.python?.version ?? "no python"}`;
      return answer;
    });
    const { roots } = found.evaluation;
    const own = roots.filter(({ role }) => role !== "wheel");
    const ofWheels = roots.filter(({ role }) => role === "wheel");
    const imageSystem = nixSystem(spec.platforms[0] ?? "");
    await using closures = await Closures.open(this.#context, {
      nix: this.#nix,
      options: this.#options,
      pin: found.pinName,
      foreignSystem: imageSystem === this.#nix.machine.system ? undefined : imageSystem,
    });
    const patched = await PatchedWheels.open(this.#context, this.#nix);
    const missing = await patched.missing(ofWheels);
    if (missing.length > 0) {
      const names = new Set(missing.map(({ name }) => name));
      const lacking = asked.filter(({ name }) => names.has(name));
      await steps.run("wheels", "packages", () => patched.supply(distributions, lacking, around.wheels));
    }
    const otherLayers = (around.base?.manifest.layers.length ?? 0) + 2 + Math.min(distributions.length, 48);
    const options = { placement: around.placement, roots: own, pythonMinor: minor, otherLayers };
    const layers = new IndexedLayers(
      this.#context,
      new LayerIndex(request, this.#options.layersFrom ?? [], scope.signal),
    );
    let closure = missing.length === 0 ? await closures.known(own) : undefined;
    let plan = closure === undefined ? undefined : planStoreLayers(closure, options);
    if (plan === undefined || !(await this.#areKnown(layers, plan))) {
      closure = await closures.realise(own, missing);
      plan = planStoreLayers(closure, options);
      await patched.collect(missing);
    }
    const made = await steps.run("store layers", undefined, async (notes) => {
      const all = await storeLayers(this.#context, layers, plan, {
        ...options,
        onDisk: (storePath) => this.#nix.onDisk(storePath),
      });
      notes.cached = all.every(({ reused }) => reused);
      notes.detail = `${closure?.length ?? 0} paths in ${all.length} layers`;
      return all;
    });
    this.#downloaded += closures.downloaded;
    return { found, layers: made, distributions: await patched.replace(distributions, asked, ofWheels) };
  }

  /** Whether all planned layers are there already: then no file of the store has to be read. */
  async #areKnown(layers: IndexedLayers, plan: ReturnType<typeof planStoreLayers>): Promise<boolean> {
    const parts = [...plan.groups.map((group) => group.parts), ...(plan.links === undefined ? [] : [plan.links])];
    const here = await Promise.all(parts.map((each) => layers.isKnown(each)));
    return here.every((each) => each);
  }

  #pin(interpreter: Interpreter): { readonly glibc?: string } | undefined {
    return interpreter.from === "nix" ? choosePin(this.#image, interpreter.minor) : undefined;
  }

  #venvPython(interpreter: Interpreter | undefined, parts: NixParts | undefined): VenvPython | undefined {
    if (interpreter === undefined) return undefined;
    if (interpreter.from === "base") return interpreter.python;
    const { minor } = interpreter;
    const root = parts?.found.evaluation.roots.find(({ role }) => role === "python");
    const version = parts?.found.evaluation.python?.version ?? minor;
    return root === undefined ? undefined : { path: `${root.path}/bin/python${minor}`, minor, version };
  }

  async #pushToCache(parts: NixParts | undefined): Promise<void> {
    const { pushTo } = this.#options;
    if (pushTo === undefined || parts === undefined) return;
    const { steps, scope } = this.#context;
    const paths = uniquePaths(parts.found.evaluation.roots);
    await steps.run("push to cache", undefined, () => pushToCache(this.#nix, pushTo, paths, scope.signal));
  }
}

function uniquePaths(roots: readonly Root[]): readonly string[] {
  return [...new Set(roots.map(({ path }) => path))];
}

/** What an image was made of, for the record beside it. */
function recordOf({ evaluation, pin, pinName }: FoundPackages): Json {
  return {
    nix: {
      version: evaluation.nix,
      packageSet: { name: pinName, sha256: pin.sha256, version: evaluation.set.version ?? null },
      roots: evaluation.roots.map(({ role, name, drv, path }) => ({ role, name, drv, path })),
    },
  };
}
