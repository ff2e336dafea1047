import { existsSync, realpathSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { run } from "@imagespec/test-support";
import { runTree } from "../../shared/process-tree.ts";
import { type BuildStep, timestamp } from "./build.ts";
import { BuildFailure } from "./build-failure.ts";
import { dockerOf } from "./build-host.ts";
import { knownEntryPoint } from "./builder-images.ts";
import type { RunningBuild } from "./running-build.ts";
import { sandboxCommand } from "./sandbox-command.ts";

/** Where the parts of a step lie. */
export interface StepPlaces {
  readonly index: number;
  readonly folder: string;
  readonly outputs: string;
  readonly scripts: string;
  readonly say: (line: string) => void;
}

/** How a step is started. */
export interface StepCommand {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Ends what the death of the command does not end. */
  readonly kill?: () => Promise<void>;
}

const paths = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The command of a step: this machine's programs in a sandbox for the builder images that are known, a container for any other. */
export async function stepCommand(running: RunningBuild, step: BuildStep, places: StepPlaces): Promise<StepCommand> {
  const { build, host } = running;
  const image = step.name ?? "";
  const env = stepEnvironment(running, step);
  const docker = dockerOf(host);
  const home = path.join(running.folder, "home");
  const directory = path.posix.resolve("/workspace", step.dir ?? "");
  const volumes = await stepVolumes(running, step);
  const entryPoint = knownEntryPoint(image);
  const script = scriptCommand(step);

  if (entryPoint !== undefined) {
    places.say(`Already have image (with digest): ${image}`);
    const args = step.args ?? [];
    const argv = script ?? (step.entrypoint ? [step.entrypoint, ...args] : entryPoint(args));
    const plugin = path.join(host.stack.dockerConfig, "cli-plugins", "docker-buildx");
    return {
      argv: sandboxCommand(
        {
          root: path.join(places.folder, "root"),
          workspace: path.join(running.folder, "workspace"),
          home,
          outputs: places.outputs,
          scripts: places.scripts,
          dockerSocket: docker.host.replace(/^unix:\/\//, ""),
          dockerClient: docker.client,
          buildx: existsSync(plugin) ? realpathSync(plugin) : undefined,
          volumes,
          directory,
        },
        argv,
      ),
      env: { PATH: `/builder/bin:${paths}`, ...env },
    };
  }

  const client = { PATH: paths, HOME: home, DOCKER_CONFIG: path.join(home, ".docker"), DOCKER_HOST: docker.host };
  await pull(running, image, client, places, step);
  const container = `cloudbuild-${build.id}-${places.index}`;
  const mounts = [
    [path.join(running.folder, "workspace"), "/workspace"],
    [home, "/builder/home"],
    [places.outputs, "/builder/outputs"],
    [places.scripts, "/builder/scripts"],
    [docker.host.replace(/^unix:\/\//, ""), "/var/run/docker.sock"],
    ...[...volumes].map(([inside, outside]) => [outside, inside]),
  ];
  const [entry, ...rest] = script ?? (step.entrypoint ? [step.entrypoint, ...(step.args ?? [])] : []);
  return {
    argv: [
      ...[docker.client, "run", "--rm", "--name", container, "--workdir", directory],
      ...mounts.flatMap(([outside, inside]) => ["--volume", `${outside}:${inside}`]),
      // Values travel in the environment of the client: a command line can be read by everybody.
      ...Object.keys(env).flatMap((name) => ["--env", name]),
      ...(entry === undefined ? [image, ...(step.args ?? [])] : ["--entrypoint", entry, image, ...rest]),
    ],
    env: { ...env, ...client },
    kill: async () => {
      await run([docker.client, "rm", "--force", container], { env: client, allowFailure: true });
    },
  };
}

/** A script without a first line that names its program is run by the shell. */
function scriptCommand(step: BuildStep): readonly string[] | undefined {
  if (!step.script) return undefined;
  return step.script.startsWith("#!") ? ["/builder/scripts/script"] : ["sh", "/builder/scripts/script"];
}

function stepEnvironment(running: RunningBuild, step: BuildStep): Readonly<Record<string, string>> {
  const { build, substitutions, secretEnv } = running;
  const { options = {} } = build;
  const automap = step.automapSubstitutions ?? options.automapSubstitutions ?? false;
  const assignments = [...(options.env ?? []), ...(step.env ?? [])].map((entry) => {
    const at = entry.indexOf("=");
    return [entry.slice(0, at), entry.slice(at + 1)];
  });
  const secrets = [...(options.secretEnv ?? []), ...(step.secretEnv ?? [])].map((name) => [name, secretEnv.get(name)]);
  return {
    HOME: "/builder/home",
    BUILDER_OUTPUT: "/builder/outputs",
    ...(automap ? Object.fromEntries(substitutions) : {}),
    ...Object.fromEntries(assignments),
    ...Object.fromEntries(secrets),
  };
}

async function stepVolumes(running: RunningBuild, step: BuildStep): Promise<ReadonlyMap<string, string>> {
  const volumes = new Map<string, string>();
  for (const { name = "", path: inside = "" } of [...(running.build.options?.volumes ?? []), ...(step.volumes ?? [])]) {
    const outside = path.join(running.folder, "volumes", name);
    await mkdir(outside, { recursive: true });
    volumes.set(inside, outside);
  }
  return volumes;
}

async function pull(
  running: RunningBuild,
  image: string,
  env: Readonly<Record<string, string>>,
  { index, say }: StepPlaces,
  step: BuildStep,
): Promise<void> {
  const { client } = dockerOf(running.host);
  const have = await run([client, "image", "inspect", "--format", "{{.Id}}", image], { env, allowFailure: true });
  if (have.exitCode === 0) {
    say(`Already have image: ${image}`);
    if (running.build.results?.buildStepImages) running.build.results.buildStepImages[index] = have.stdout.trim();
    return;
  }
  say(`Pulling image: ${image}`);
  step.pullTiming = { startTime: timestamp() };
  const lines: string[] = [];
  const onLine = (line: string) => {
    lines.push(line);
    say(line);
  };
  const { exitCode } = await runTree([client, "pull", image], { cwd: "/", env, onLine, signal: running.stop.signal });
  step.pullTiming.endTime = timestamp();
  if (exitCode === 0) {
    const digest = lines.map((line) => /^Digest: (sha256:[0-9a-f]{64})/.exec(line)?.[1]).find(Boolean);
    if (running.build.results?.buildStepImages) running.build.results.buildStepImages[index] = digest ?? "";
    return;
  }
  throw new BuildFailure(
    "USER_BUILD_STEP",
    `build step ${index} "${image}" failed: error pulling build step ${index} "${image}": ${lines.at(-1) ?? "the image cannot be pulled"}`,
  );
}
