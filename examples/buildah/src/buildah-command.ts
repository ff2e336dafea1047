import { spawn } from "node:child_process";
import { abortedError, ImageSpecError, messageOf, throwIfAborted } from "@imagespec/errors";
import { detectEnvironment } from "./detect.ts";

/** How buildah is called. */
export interface BuildahCommand {
  /** Name or path of the command. */
  readonly command: string;
  /** Options before the sub-command: which storage it works in. */
  readonly storage: readonly string[];
}

/** What a call of buildah said. */
export interface BuildahResult {
  readonly exitCode: number;
  readonly stdout: string;
  /** Both streams, as they came. */
  readonly log: string;
}

/**
 * Runs buildah in namespaces of its own for mounts and processes: when it is killed, nothing that it started or mounted is left.
 *
 * @throws ABORTED when the signal is triggered, once everything has ended; ENGINE_DOWN when it cannot be started
 */
export async function callBuildah(
  { command, storage }: BuildahCommand,
  args: readonly string[],
  options: {
    readonly signal: AbortSignal;
    readonly cwd?: string;
    readonly onOutput?: (text: string, stream: "out" | "err") => void;
  },
): Promise<BuildahResult> {
  const { signal, cwd, onOutput } = options;
  throwIfAborted(signal);
  const argv = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--", command, ...storage, ...args];
  // Detached: a process group of its own, which can be killed as one.
  const child = spawn("unshare", argv, {
    cwd,
    env: detectEnvironment(),
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let log = "";
  const collect = (stream: "out" | "err") => (text: string) => {
    if (stream === "out") stdout += text;
    log += text;
    onOutput?.(text, stream);
  };
  child.stdout.setEncoding("utf8").on("data", collect("out"));
  child.stderr.setEncoding("utf8").on("data", collect("err"));
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // ESRCH: it has just ended by itself.
    }
  };
  signal.addEventListener("abort", kill, { once: true });
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve(code ?? 137));
    });
    if (signal.aborted) throw abortedError(signal);
    return { exitCode, stdout, log };
  } catch (error) {
    if (signal.aborted) throw abortedError(signal);
    throw new ImageSpecError("ENGINE_DOWN", `"${command}" cannot be started: ${messageOf(error)}`, {
      hint: "install buildah and util-linux",
      details: { provider: "buildah" },
      cause: error,
    });
  } finally {
    signal.removeEventListener("abort", kill);
  }
}

/** Like {@link callBuildah}, for calls that only fail when the machine is not as it should be. @throws BUILD_FAILED, DISK_FULL */
export async function mustCallBuildah(
  command: BuildahCommand,
  args: readonly string[],
  options: { readonly signal: AbortSignal; readonly cwd?: string },
): Promise<string> {
  const { exitCode, stdout, log } = await callBuildah(command, args, options);
  if (exitCode === 0) return stdout;
  const isFull = log.includes("no space left on device");
  throw new ImageSpecError(isFull ? "DISK_FULL" : "BUILD_FAILED", `"buildah ${args[0]}" failed with ${exitCode}`, {
    hint: isFull ? "free space on the disk of the cache folder" : "read what buildah said in the log",
    details: { provider: "buildah", exitCode },
    logTail: log.trimEnd().split("\n").slice(-20),
  });
}
