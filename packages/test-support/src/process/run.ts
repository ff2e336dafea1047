import { spawn } from "node:child_process";
import { ImageSpecError } from "@imagespec/errors";

/** How a command is run. */
export interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment of this process; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Written to its standard input, which is empty otherwise. */
  readonly input?: string | Uint8Array;
  /** Milliseconds until it is killed. @default 180000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Whether another exit code than 0 is a result instead of an error. @default false */
  readonly allowFailure?: boolean;
}

/** What a command did. */
export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Nothing when a signal ended it. */
  readonly exitCode: number | undefined;
}

/**
 * Runs a command, without a shell, to its end.
 *
 * @throws BUILD_STEP_FAILED when it ends with another exit code than 0, with the last lines of its output
 * @throws BUILD_TIMEOUT when it takes too long
 */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [file = "", ...rest] = argv;
  const timeoutMs = options.timeoutMs ?? 180_000;
  return new Promise((resolve, reject) => {
    const child = spawn(file, rest, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      signal: options.signal,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const stdout: Uint8Array[] = [];
    const stderr: Uint8Array[] = [];
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    child.stdout.on("data", (chunk: Uint8Array) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Uint8Array) => stderr.push(chunk));
    // A command that does not read its input closes the pipe; that is its right.
    child.stdin.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") reject(error);
    });
    child.stdin.end(options.input ?? "");
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      const result = {
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
        exitCode: code ?? undefined,
      };
      if (!timedOut && (code === 0 || options.allowFailure === true)) return resolve(result);
      const logTail = `${result.stdout}\n${result.stderr}`.trim().split("\n").slice(-20);
      const words = argv.join(" ");
      const details = { argv, exitCode: code, signal };
      reject(
        timedOut
          ? new ImageSpecError("BUILD_TIMEOUT", `"${words}" took longer than ${timeoutMs} ms`, { details, logTail })
          : new ImageSpecError("BUILD_STEP_FAILED", `"${words}" ended with ${signal ?? code}:\n${logTail.join("\n")}`, {
              details,
              logTail,
            }),
      );
    });
  });
}
