import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { BuildOutcome, BuildRequest, PackageResolution, ResolvedImageSpec } from "@imagespec/core";
import {
  type BaseFacts,
  localFiles,
  packageTarget,
  parseProbe,
  planDockerfile,
  planProbe,
  writeContext,
} from "@imagespec/dockerfile";
import { abortedError } from "@imagespec/errors";
import { onDisk, openContentStore, openKeyIndex } from "@imagespec/image-store";
import { createUvResolver, detectUvSettings, fetchUv, indexAccess, resolvePackages } from "@imagespec/resolver";
import { type LoadedBase, loadBase } from "./base-image.ts";
import { secretOptions } from "./build-files.ts";
import type { BuildahOptions } from "./buildah.ts";
import { type BuildahCommand, callBuildah, mustCallBuildah } from "./buildah-command.ts";
import { deliverImage } from "./deliver-image.ts";
import { stepError } from "./step-error.ts";
import { reportSteps } from "./step-reporter.ts";

/** One build: what its parts need. */
interface Work {
  readonly spec: ResolvedImageSpec;
  readonly request: BuildRequest;
  readonly options: BuildahOptions | undefined;
  /** Kept from build to build. */
  readonly kept: string;
  /** Of this build alone; removed in the end. */
  readonly folder: string;
  /** The storage with the bases. */
  readonly bases: BuildahCommand;
  /** The storage of this build, which sees the bases. */
  readonly own: BuildahCommand;
  readonly timings: Map<string, number>;
}

/** Builds an image in a storage of its own: builds share nothing but bases and caches, and leave nothing behind. */
export async function build(
  spec: ResolvedImageSpec,
  request: BuildRequest,
  options: BuildahOptions | undefined,
): Promise<BuildOutcome> {
  const command = options?.command ?? "buildah";
  const kept = path.join(request.cacheFolder, "buildah");
  // Short: buildah puts sockets and overlay mounts below it, whose options have to fit into one page.
  const folder = await onDisk(tmpdir(), () => mkdtemp(path.join(tmpdir(), "imagespec-buildah-")));
  const baseStorage = path.join(kept, "storage");
  const work: Work = {
    spec,
    request,
    options,
    kept,
    folder,
    bases: { command, storage: ["--root", baseStorage, "--runroot", path.join(kept, "run")] },
    own: {
      command,
      storage: [
        ...["--root", path.join(folder, "storage"), "--runroot", path.join(folder, "run")],
        ...["--storage-opt", `overlay.imagestore=${baseStorage}`],
      ],
    },
    timings: new Map(),
  };
  try {
    return await buildIn(work);
  } catch (error) {
    // Whatever broke because of it, the abort is the cause.
    throw request.signal.aborted ? abortedError(request.signal) : error;
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function buildIn(work: Work): Promise<BuildOutcome> {
  const { spec, request, folder, timings } = work;
  const { base, facts } = await step(work, "base", "baseImage", () => lookAtBase(work));
  const resolution = await step(work, "resolve", "packages", () => resolve(work, facts));
  await runDockerfile(work, base && { ...base, facts }, resolution);
  const delivered = await step(work, "push", undefined, () =>
    deliverImage(path.join(folder, "image"), base, { request, folder, step: "push" }),
  );
  const { digest, mediaType, size } = delivered.manifest;
  return {
    digest,
    mediaType,
    size,
    platforms: spec.platforms,
    timings: Object.fromEntries(timings),
    bytes: { downloaded: 0, uploaded: delivered.uploaded },
    layers: delivered.layers,
    ...(resolution === undefined ? {} : { resolution: { [spec.platforms[0] ?? ""]: resolution } }),
  };
}

/** Runs a part of the build as a step that people see. */
async function step<T>(work: Work, name: string, field: string | undefined, run: () => Promise<T>): Promise<T> {
  const { emit, signal } = work.request;
  const about = { type: "step", id: name, name, ...(field === undefined ? {} : { spec: field }) } as const;
  const start = performance.now();
  emit({ ...about, state: "running" });
  try {
    const result = await run();
    const ms = performance.now() - start;
    work.timings.set(name, ms);
    emit({ ...about, state: "done", ms });
    return result;
  } catch (error) {
    emit(
      signal.aborted ? { ...about, state: "canceled" } : { ...about, state: "failed", ms: performance.now() - start },
    );
    throw error;
  }
}

/** Loads the base, and asks it for its Python and C library; the answer is kept by its digest. */
async function lookAtBase(
  work: Work,
): Promise<{ readonly base: LoadedBase | undefined; readonly facts: BaseFacts | undefined }> {
  const { spec, request, kept, folder, bases } = work;
  const { signal } = request;
  const image = await request.base();
  if (image === undefined) return { base: undefined, facts: undefined };
  const base = await loadBase(image, bases, { folder: kept, signal });
  // What is kept was parsed when it was written.
  const index = await openKeyIndex(path.join(kept, "facts"), { parse: (value) => value as unknown as BaseFacts });
  const key = JSON.stringify([image.manifest.digest, spec.pythonExec ?? ""]);
  const known = await index.get(key);
  if (known !== undefined) return { base, facts: known };
  const context = path.join(folder, "probe");
  await writeContext(planProbe(base, spec, { dialect: "base" }), context, { signal });
  const { log } = await callBuildah(work.own, buildArguments(work, context), { signal });
  const facts = parseProbe(log);
  await index.set(key, facts);
  return { base, facts };
}

async function resolve(work: Work, facts: BaseFacts | undefined): Promise<PackageResolution | undefined> {
  const { spec, request, kept } = work;
  const target = packageTarget(spec, facts);
  if (target === undefined || spec.part === "system") return undefined;
  const { emit, signal } = request;
  const { resolution } = await resolvePackages(spec, target.environment, {
    resolver: request.resolver ?? createUvResolver({ cacheFolder: request.cacheFolder }),
    request,
    settings: detectUvSettings(),
    folder: kept,
    constraints: target.constraints,
    sdists: true,
    signal,
    onLog: (text) => emit({ type: "log", step: "resolve", stream: "err", text }),
  });
  return resolution;
}

/** Plans the Dockerfile, builds it, and leaves the image in `image` of the folder. */
async function runDockerfile(
  work: Work,
  base: (LoadedBase & { readonly facts: BaseFacts | undefined }) | undefined,
  resolution: PackageResolution | undefined,
): Promise<void> {
  const { spec, request, folder, own, timings } = work;
  const { signal, emit, labels, env } = request;
  const settings = detectUvSettings();
  const content = await openContentStore(request.cacheFolder);
  const index = await indexAccess(spec, settings, (id) => request.secret(id));
  const platform = spec.platforms[0] ?? "";
  const uv = await fetchUv({ platform, content, index, settings, signal });
  const plan = planDockerfile(
    {
      spec,
      base:
        base?.facts === undefined ? undefined : { reference: base.reference, config: base.config, facts: base.facts },
      resolution,
      labels,
      env,
      files: await localFiles(resolution),
    },
    {
      dialect: "base",
      uv: {
        from: "context",
        file: {
          kind: "file",
          path: "uv",
          mode: 0o755,
          size: uv.size,
          digest: uv.digest,
          open: () => content.open(uv.digest),
        },
      },
      machineSecrets: true,
      ca: true,
    },
  );
  const context = path.join(folder, "context");
  // buildah cannot read the check, which is for those who forget the build argument. Line numbers stay.
  const text = plan.text.replace(/^ARG IMAGESPEC_CHECK=.*$/m, "# (checked by the builder)");
  await writeContext({ ...plan, text }, context, { signal });
  const secrets = await secretOptions(plan, path.join(folder, "secrets"), { spec, request, settings, resolution });
  const args = Object.entries(plan.buildArgs).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
  const reporter = reportSteps({ ...plan, text }, emit);
  const start = performance.now();
  try {
    const iid = path.join(folder, "image-id");
    const argv = buildArguments(work, context, ["--iidfile", iid, ...secrets, ...args]);
    const result = await callBuildah(own, argv, { signal, onOutput: reporter.write });
    if (result.exitCode !== 0) throw stepError(reporter, result);
    reporter.end("done");
    timings.set("build", performance.now() - start);
    await step(work, "export", undefined, async () => {
      const id = (await onDisk(iid, () => readFile(iid, "utf8"))).trim();
      const target = `dir:${path.join(folder, "image")}`;
      await mustCallBuildah(own, ["push", "--quiet", "--format", "oci", "--disable-compression", id, target], {
        signal,
      });
    });
  } catch (error) {
    reporter.end(signal.aborted ? "canceled" : "failed");
    throw error;
  }
}

/** The command line of a build. */
function buildArguments({ options }: Work, context: string, more: readonly string[] = []): readonly string[] {
  return [
    ...["build", "--format", "oci", "--timestamp", "0", "--identity-label=false"],
    // A layer for each instruction. None from an earlier build: buildah does not see that a mounted file has changed.
    ...["--layers", "--no-cache"],
    // Bases are loaded before.
    "--pull-never",
    ...(options?.network === undefined ? [] : ["--network", options.network]),
    ...(options?.isolation === undefined ? [] : ["--isolation", options.isolation]),
    ...more,
    ...["--file", path.join(context, "Dockerfile"), context],
  ];
}
