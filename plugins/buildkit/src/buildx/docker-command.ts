import { abortedError, ImageSpecError, systemCodeOf } from "@imagespec/errors";
import type { Environment } from "../daemon/detect.ts";

/** How a docker command is run. */
export interface DockerCommandOptions {
  readonly env: Environment;
  readonly signal: AbortSignal;
}

/** What a docker command that is over said. */
export interface DockerAnswer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** After a polite request to end, a child is given this long, in milliseconds. */
const forceKillMs = 2_000;

interface ChildOptions {
  readonly env: Environment;
  readonly extendEnv: false;
  readonly reject: false;
  readonly cancelSignal: AbortSignal;
  readonly forceKillAfterDelay: number;
  readonly stdin: "ignore";
  readonly windowsHide: true;
}

/** Options of every child: our environment instead of this process's, an abort that ends it, no limit on what it prints. */
export function childOptions({ env, signal }: DockerCommandOptions): ChildOptions {
  return {
    env,
    extendEnv: false,
    reject: false,
    cancelSignal: signal,
    forceKillAfterDelay: forceKillMs,
    stdin: "ignore",
    windowsHide: true,
  };
}

/** Runs a short docker command. @throws ENGINE_DOWN when there is no docker client, ABORTED */
export async function runDocker(args: readonly string[], options: DockerCommandOptions): Promise<DockerAnswer> {
  const { execa } = await import("execa");
  if (options.signal.aborted) throw abortedError(options.signal);
  const result = await execa("docker", args, childOptions(options));
  if (options.signal.aborted) throw abortedError(options.signal);
  const { exitCode, stdout, stderr } = result;
  if (exitCode === undefined) throw noClient(result.cause ?? result);
  return { exitCode, stdout: stdout, stderr: stderr };
}

/** The error for a client that could not be started, or was killed. */
export function noClient(cause: unknown): ImageSpecError {
  const code = systemCodeOf(cause);
  if (code === "ENOENT")
    return new ImageSpecError("ENGINE_DOWN", "docker, whose buildx would build, is not installed", {
      hint: "install docker with its buildx plugin, or use a daemon that needs no client",
      cause,
      details: { code },
    });
  return new ImageSpecError(
    "ENGINE_LOST",
    `the docker client could not be run${code === undefined ? "" : ` (${code})`}`,
    {
      hint: "check that docker can be run by this user, and that nothing kills it",
      cause,
      ...(code === undefined ? {} : { details: { code } }),
    },
  );
}
