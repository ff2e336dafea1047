import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ImageSpecError } from "@imagespec/errors";
import type { BuildkitBuilderOptions } from "../buildkit-builder-options.ts";
import type { BuildkitDaemon, DaemonFeatures } from "../daemon/daemon.ts";
import type { BuildxPlace, Environment } from "../daemon/detect.ts";
import { daemonFeatures, parseRelease } from "../daemon/features.ts";
import { probeOnce } from "../daemon/probe-cache.ts";
import { cliEngineOperations } from "./cli-engine-operations.ts";
import { type DockerAnswer, runDocker } from "./docker-command.ts";
import { type BuilderInspection, parseInspect } from "./parse-inspect.ts";
import { solveByBuildx } from "./solve-by-buildx.ts";

export interface OpenBuildxOptions {
  readonly env: Environment;
  readonly tls: BuildkitBuilderOptions["tls"];
  /** Whether a builder that does not run is started to be asked. */
  readonly bootstrap: boolean;
  readonly signal: AbortSignal;
}

/**
 * A builder of `docker buildx`.
 *
 * @throws ENGINE_DOWN (no client, no such builder, or it does not answer), ENGINE_PERMISSION, ENGINE_UNSUPPORTED (buildx is missing
 * or too old, or the builder is the Engine that does not let others speak to BuildKit), ABORTED
 */
export async function openBuildx(place: BuildxPlace, options: OpenBuildxOptions): Promise<BuildkitDaemon> {
  const { signal } = options;
  const { builder, env, release } = await prepare(place, options);
  try {
    const [inspection] = await Promise.all([inspect(builder, env, options), assertVersion(env, signal)]);
    const isEngine = inspection.driver === "docker";
    if (place.kind === "own" && place.isFallback && isEngine) throw sameEngine(inspection);
    const version = isEngine ? await engineVersion(env, signal) : inspection.version;
    const address = "address" in place ? place.address.host : `buildx:${inspection.name}`;
    return {
      kind: "buildx",
      address,
      version,
      features: featuresOf(inspection, version),
      platforms: inspection.platforms,
      engine: isEngine ? cliEngineOperations(address, env) : undefined,
      solve: (work) => solveByBuildx(work, { builder: inspection.name, env }),
      [Symbol.asyncDispose]: release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}

interface Prepared {
  /** @default the one that buildx takes by itself */
  readonly builder: string | undefined;
  readonly env: Environment;
  readonly release: () => Promise<void>;
}

const nothing = (): Promise<void> => Promise.resolve();

async function prepare(place: BuildxPlace, options: OpenBuildxOptions): Promise<Prepared> {
  const { env, signal } = options;
  if (place.kind === "builder") return { builder: place.name, env, release: nothing };
  if (place.kind === "own") return { builder: undefined, env, release: nothing };
  const { address } = place;
  const kind = place.kind === "either" ? (await probeOnce("either", address, signal)).kind : place.kind;
  if (kind === "buildkitd") return createRemote(address.host, options);
  // The builder of this name is the Engine that the environment leads to.
  return {
    builder: "default",
    env: { ...env, DOCKER_HOST: address.host, DOCKER_CONTEXT: undefined },
    release: nothing,
  };
}

/** A builder for an address, in a folder of its own: the user's builders stay as they are. */
async function createRemote(address: string, { env, tls, signal }: OpenBuildxOptions): Promise<Prepared> {
  const folder = await mkdtemp(path.join(tmpdir(), "imagespec-builders-"));
  const release = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const builder = "imagespec";
  const ours = { ...env, BUILDX_CONFIG: folder, BUILDX_BUILDER: undefined };
  const material = { cacert: tls?.ca, cert: tls?.cert, key: tls?.key, servername: tls?.serverName };
  const driver = Object.entries(material).flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}`));
  try {
    const args = ["buildx", "create", "--name", builder, "--driver", "remote"];
    const made = await runDocker([...args, ...driver.flatMap((option) => ["--driver-opt", option]), address], {
      env: ours,
      signal,
    });
    if (made.exitCode !== 0) throw explain(made, address);
    return { builder, env: ours, release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function inspect(
  builder: string | undefined,
  env: Environment,
  { bootstrap, signal }: OpenBuildxOptions,
): Promise<BuilderInspection> {
  const args = [
    "buildx",
    "inspect",
    ...(bootstrap ? ["--bootstrap"] : []),
    ...(builder === undefined ? [] : [builder]),
  ];
  const answer = await runDocker(args, { env, signal });
  const what = builder ?? "default";
  if (answer.exitCode !== 0) throw explain(answer, what);
  const inspection = parseInspect(answer.stdout);
  if (inspection.error !== undefined) throw explain({ ...answer, stderr: inspection.error }, what);
  return inspection;
}

/** The first with progress as JSON. */
const oldest = [0, 12] as const;

async function assertVersion(env: Environment, signal: AbortSignal): Promise<void> {
  const answer = await runDocker(["buildx", "version"], { env, signal });
  if (answer.exitCode !== 0) throw explain(answer, "");
  const stated = /\bv?(\d+\.\d+\S*)/.exec(answer.stdout)?.[1] ?? "";
  const release = parseRelease(stated);
  if (release === undefined || release[0] > oldest[0] || release[1] >= oldest[1]) return;
  throw new ImageSpecError("ENGINE_UNSUPPORTED", `docker buildx ${stated} is too old: ${oldest.join(".")} is needed`, {
    hint: "update docker's buildx plugin",
    details: { version: stated },
  });
}

async function engineVersion(env: Environment, signal: AbortSignal): Promise<string> {
  const answer = await runDocker(["version", "--format", "{{.Server.Version}}"], { env, signal });
  return answer.exitCode === 0 ? answer.stdout.trim() : "";
}

/** A builder of its own that does not tell its version yet is new enough to have been made by this buildx. */
function featuresOf({ driver, hasStore }: BuilderInspection, version: string): DaemonFeatures {
  if (driver === "docker") return daemonFeatures({ kind: "engine", version, hasContainerdStore: hasStore });
  return daemonFeatures({ kind: "buildkitd", version: version === "" ? "v0.12" : version, hasContainerdStore: true });
}

function sameEngine({ name }: BuilderInspection): ImageSpecError {
  return new ImageSpecError("ENGINE_UNSUPPORTED", `the builder "${name}" of docker buildx is that engine, too`, {
    hint: "make another one with docker buildx create, and name it by the option builder",
  });
}

function explain({ stderr, stdout }: DockerAnswer, what: string): ImageSpecError {
  const said = (stderr.trim() || stdout.trim()).replace(/^ERROR: /, "");
  const details = { said: said.slice(0, 500) };
  if (/is not a docker command|unknown command|unknown (?:shorthand )?flag|component is missing or broken/.test(said))
    return new ImageSpecError("ENGINE_UNSUPPORTED", "docker has no buildx plugin", {
      hint: "install docker's buildx plugin, or use a daemon that can be spoken to directly",
      details,
    });
  if (/no builder .* found/.test(said))
    return new ImageSpecError("ENGINE_DOWN", `docker buildx has no builder "${what}"`, {
      hint: "make it with docker buildx create --name, or correct the option builder",
      details,
    });
  if (/permission denied/i.test(said))
    return new ImageSpecError("ENGINE_PERMISSION", `docker buildx may not use "${what}": ${said.slice(0, 300)}`, {
      hint: "add your user to the group that owns the socket, or use a rootless engine",
      details,
    });
  return new ImageSpecError("ENGINE_DOWN", `docker buildx cannot use "${what}": ${said.slice(0, 300)}`, {
    hint: "check it with docker buildx inspect --bootstrap",
    details,
  });
}
