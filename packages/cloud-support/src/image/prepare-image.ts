import path from "node:path";
import { type BuildRequest, type PackageResolution, type ResolvedImageSpec, readIndexOption } from "@imagespec/core";
import {
  type ContextFile,
  type Dialect,
  type DockerfileOptions,
  type DockerfilePlan,
  localFiles,
  packageTarget,
  planDockerfile,
  StepReporter,
} from "@imagespec/dockerfile";
import { ImageSpecError } from "@imagespec/errors";
import {
  buildStepFiles,
  createUvResolver,
  detectUvSettings,
  fetchUv,
  indexAccess,
  resolvePackages,
  type UvSettings,
} from "@imagespec/resolver";
import type { SideFile } from "../context/pack-context.ts";
import { type CloudBase, lookAtBase } from "./look-at-base.ts";

export interface PrepareOptions {
  /** Name of the builder: `aws-codebuild`. */
  readonly builder: string;
  /** @default "modern" */
  readonly dialect?: Dialect | undefined;
  /** URL of a package index for specs that name none. @default that of the environment */
  readonly index?: string | undefined;
  /** Path of uv on this machine. @default that of the environment, else one that is fetched */
  readonly uv?: string | undefined;
  /** Image with uv at `/uv` for build steps. @default a file in the context */
  readonly uvImage?: string | undefined;
  /** Registry → where the machine of the cloud pulls its bases from. */
  readonly mirrors?: Readonly<Record<string, string>> | undefined;
  readonly settings?: UvSettings | undefined;
}

/** Everything that a cloud needs to build an image of one platform. */
export interface PreparedImage {
  readonly plan: DockerfilePlan;
  readonly platform: string;
  readonly resolution: PackageResolution | undefined;
  readonly base: CloudBase | undefined;
  /**
   * What this machine's network needs and is no secret, for mounts: by the id that the Dockerfile mounts. Logins stay here: only
   * references to secrets travel.
   */
  readonly machineFiles: readonly (SideFile & { readonly id: string })[];
  readonly steps: StepReporter;
}

/**
 * Looks at the base, resolves the packages and writes the Dockerfile of a spec of one platform, all on this machine.
 *
 * @throws BASE_…, REGISTRY_…, and what resolving throws
 */
export async function prepareImage(
  spec: ResolvedImageSpec,
  request: BuildRequest,
  options: PrepareOptions,
): Promise<PreparedImage> {
  const [platform, ...others] = spec.platforms;
  if (platform === undefined || others.length > 0)
    throw new ImageSpecError("INTERNAL", "a builder without multi-platform was given several platforms");
  const steps = new StepReporter(request.emit);
  const folder = path.join(request.cacheFolder, options.builder);
  const settings = settingsOf(spec, options);
  const base = await steps.run("base", "baseImage", async (notes) => {
    const found = await lookAtBase(spec, request, {
      folder,
      ...(options.mirrors === undefined ? {} : { mirrors: options.mirrors }),
    });
    const python = found?.facts.python?.version;
    if (found !== undefined) notes.detail = `${found.reference}${python === undefined ? "" : ` · python ${python}`}`;
    return found;
  });
  const target = spec.part === "system" ? undefined : packageTarget(spec, base?.facts);
  const resolution =
    target &&
    (await steps.run("resolve", "packages", async (notes) => {
      const resolved = await resolvePackages(spec, target.environment, {
        resolver: request.resolver ?? createUvResolver({ cacheFolder: request.cacheFolder, settings }),
        request,
        settings,
        folder,
        constraints: target.constraints,
        sdists: true,
        signal: request.signal,
        onLog: (text) => request.emit({ type: "log", step: "resolve", stream: "err", text }),
      });
      const count = resolved.resolution.distributions.length;
      notes.detail = `${count} package${count === 1 ? "" : "s"}`;
      notes.cached = resolved.cached || count === 0;
      return resolved.resolution;
    }));
  const plan = await planImage(spec, request, { base, resolution, settings, options });
  const machineFiles = await machineFilesOf(spec, plan, settings);
  return { plan, platform, resolution, base, machineFiles, steps };
}

/** uv and index settings: options of the spec, of the builder, then of the environment. */
function settingsOf(spec: ResolvedImageSpec, { builder, index, uv, settings }: PrepareOptions): UvSettings {
  const detected = settings ?? detectUvSettings();
  return {
    ...detected,
    index: readIndexOption(builder, spec.builderOptions).options.index ?? index ?? detected.index,
    uv: uv ?? detected.uv,
  };
}

const uvPlaceholder = "uv.imagespec.invalid/uv";

async function planImage(
  spec: ResolvedImageSpec,
  request: BuildRequest,
  parts: {
    readonly base: CloudBase | undefined;
    readonly resolution: PackageResolution | undefined;
    readonly settings: UvSettings;
    readonly options: PrepareOptions;
  },
): Promise<DockerfilePlan> {
  const { base, resolution, settings, options } = parts;
  const input = {
    spec,
    base,
    resolution,
    labels: request.labels,
    env: request.env,
    files: await localFiles(resolution),
  };
  const common = { dialect: options.dialect ?? "modern", machineSecrets: true, ca: false } as const;
  // uv costs a download the first time: only for those who install something.
  const reference = options.uvImage ?? uvPlaceholder;
  const plan = planDockerfile(input, { ...common, uv: { from: "image", reference } });
  if (!plan.text.includes(uvPlaceholder)) return plan;
  return planDockerfile(input, { ...common, uv: { from: "context", file: await uvFile(spec, request, settings) } });
}

async function uvFile(spec: ResolvedImageSpec, request: BuildRequest, settings: UvSettings): Promise<ContextFile> {
  const { signal, emit, store } = request;
  const machine = { pipIndex: undefined, pipExtraIndexUrl: [], indexCredentials: [], secrets: [] };
  const { digest, size } = await fetchUv({
    platform: spec.platforms[0] ?? "",
    content: store.content,
    // From the index of this machine; the one that the spec names may have nothing but the spec's packages.
    index: await indexAccess(machine, settings, (id) => request.secret(id)),
    settings,
    signal,
    onRetry: (retry) => emit({ type: "retry", ...retry }),
  });
  return {
    path: "uv",
    mode: 0o755,
    kind: "file",
    size,
    digest,
    open: () => store.content.open(digest, { verify: false }),
  } satisfies Extract<DockerfileOptions["uv"], { readonly from: "context" }>["file"];
}

async function machineFilesOf(
  spec: ResolvedImageSpec,
  plan: DockerfilePlan,
  settings: UvSettings,
): Promise<PreparedImage["machineFiles"]> {
  const wanted = plan.secrets.filter(({ kind }) => kind === "uv-config" || kind === "ca");
  if (wanted.length === 0) return [];
  // Without the logins of the spec: they are secrets, and the indexes are written without them.
  const { uvConfig, ca } = await buildStepFiles(
    { ...spec, indexCredentials: [], secrets: [] },
    { settings, secret: async () => "" },
  );
  return wanted.flatMap(({ id, kind }) => {
    const text = kind === "uv-config" ? uvConfig : ca;
    return text === undefined ? [] : [{ id, path: `machine/${kind}`, text }];
  });
}
