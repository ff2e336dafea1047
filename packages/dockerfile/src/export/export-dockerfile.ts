import path from "node:path";
import { imageKeys, type PackageResolution, platformSpec, type ResolvedImageSpec } from "@imagespec/core";
import { ImageSpecError, throwIfAborted } from "@imagespec/errors";
import { localFiles } from "../context/local-files.ts";
import { textEntry } from "../context/text-entry.ts";
import { writeContext } from "../context/write-context.ts";
import { packageTarget } from "../plan/choose-python.ts";
import type { Dialect, DockerfilePlan } from "../plan/dockerfile-plan.ts";
import { planDockerfile } from "../plan/plan-dockerfile.ts";
import { specProblem } from "../plan/spec-problem.ts";
import { mark } from "../text/mark.ts";
import { quoteShell } from "../text/quote-word.ts";
import { clearExport } from "./export-folder.ts";
import { type BaseLook, lookAtBase } from "./look-at-base.ts";
import { readSecret } from "./read-secret.ts";

/** The release of uv whose image exported Dockerfiles name. */
export const uvVersion: string = "0.13.9";

export interface ExportOptions extends BaseLook {
  /** Absolute; new, empty, or with an earlier export, which is replaced. */
  readonly folder: string;
  /** Environment variables that secrets of the spec are taken from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One of the spec's. @default its only one */
  readonly platform?: string | undefined;
  /** @default "base", which every Engine since 20.10 builds */
  readonly dialect?: Dialect | undefined;
  /** Image with uv at `/uv`. @default docker.io/astral/uv of the pinned release */
  readonly uvImage?: string | undefined;
}

export interface ExportedDockerfile {
  /** Absolute paths; the Dockerfile first. */
  readonly files: readonly string[];
  /** How to build it, as a line for a shell. */
  readonly command: string;
}

/**
 * Writes the Dockerfile of a spec and its build context into a folder: for people, and for tools that take a Dockerfile. The
 * image has the labels of the spec, so that once pushed under its tag it is the spec's image.
 *
 * @throws BASE_UNSUPPORTED, BASE_NOT_FOUND, NO_BUILDER, SPEC_…, INDEX_…, STORE_UNUSABLE, DISK_FULL, ABORTED
 */
export async function exportDockerfile(spec: ResolvedImageSpec, options: ExportOptions): Promise<ExportedDockerfile> {
  const { folder, signal } = options;
  const one = onePlatform(spec, options.platform);
  throwIfAborted(signal);
  const base = await lookAtBase(one, options);
  const resolution = await resolvePackages(one, base?.facts, options);
  const plan = planDockerfile(
    {
      spec: one,
      base,
      resolution,
      labels: labelsOf(one),
      env: {
        IMAGESPEC_ID: one.id,
        ...(one.runtimePackages.length === 0
          ? {}
          : { IMAGESPEC_RUNTIME_PACKAGES: JSON.stringify(one.runtimePackages) }),
      },
      files: await localFiles(resolution),
    },
    {
      dialect: options.dialect ?? "base",
      uv: { from: "image", reference: options.uvImage ?? `docker.io/astral/uv:${uvVersion}` },
    },
  );
  await clearExport(folder);
  const context = [...plan.context, textEntry(".dockerignore", "Dockerfile\n.dockerignore\n")];
  const command = buildCommand(one, plan, ".").replace(/[\r\n]+/g, " ");
  const text = plan.text.replace(mark, () => `${mark}\n# Build it with: ${command}`);
  const files = await writeContext({ ...plan, text, context }, folder, { signal });
  const paths = ["Dockerfile", ...files.filter((file) => file !== "Dockerfile")];
  return { files: paths.map((file) => path.join(folder, file)), command: buildCommand(one, plan, folder) };
}

function onePlatform(spec: ResolvedImageSpec, platform: string | undefined): ResolvedImageSpec {
  if (platform === undefined && spec.platforms.length > 1) {
    throw specProblem(
      "SPEC_PLATFORM",
      "platform",
      `a Dockerfile is for one platform, the spec has "${spec.platforms.join(", ")}"`,
      "name one with --platform",
    );
  }
  return platform === undefined ? spec : platformSpec(spec, platform);
}

async function resolvePackages(
  spec: ResolvedImageSpec,
  facts: Parameters<typeof packageTarget>[1],
  { builders, cacheFolder, env, signal }: ExportOptions,
): Promise<PackageResolution | undefined> {
  const target = packageTarget(spec, facts);
  if (target === undefined || (spec.requirementLines.length === 0 && spec.lock === undefined)) return undefined;
  const resolver = builders.find((builder) => builder.resolver !== undefined)?.resolver?.(spec, { cacheFolder });
  if (resolver === undefined) {
    throw new ImageSpecError("NO_BUILDER", "no builder can resolve packages", {
      hint: "install @imagespec/builder-assemble",
    });
  }
  const { environment, constraints } = target;
  return resolver.resolve(spec, environment, {
    constraints,
    sdists: true,
    secret: (id) => readSecret(spec, id, env),
    signal,
  });
}

/** What the engine puts on the images it has built. */
function labelsOf(spec: ResolvedImageSpec): Readonly<Record<string, string>> {
  const fields = Object.entries(spec.fieldFingerprints).map(([field, hash]) => [field, hash.slice(0, 8)]);
  return {
    [imageKeys.contract]: String(spec.contract),
    [imageKeys.fields]: JSON.stringify(Object.fromEntries(fields)),
    [imageKeys.fingerprint]: spec.fingerprint,
  };
}

function buildCommand(spec: ResolvedImageSpec, plan: DockerfilePlan, folder: string): string {
  const secrets = plan.secrets.map(({ id }) => {
    const from = spec.secrets.find((secret) => secret.id === id)?.from ?? {};
    if ("env" in from) return `--secret ${quoteShell(`id=${id},env=${from.env}`)}`;
    return `--secret ${quoteShell(`id=${id},src=${"file" in from ? from.file : "FILE"}`)}`;
  });
  const newlines = Object.keys(plan.buildArgs).map((name) => `--build-arg ${name}=$'\\n'`);
  const image =
    spec.name === undefined
      ? []
      : [`-t ${spec.registry === undefined ? "" : `${spec.registry}/`}${spec.name}:${spec.tag}`];
  return ["docker build", ...secrets, ...newlines, ...image, quoteShell(folder)].join(" ");
}
