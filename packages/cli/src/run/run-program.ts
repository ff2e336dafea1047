import { type ChildProcess, execFile, spawn } from "node:child_process";
import { constants } from "node:os";
import type { RunRequest } from "./runner.ts";

/** Runs a program on this process's input and output; resolves to its exit code, 128 + number for a signal as shells do. */
export async function runProgram(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  { handOver }: Pick<RunRequest, "handOver">,
): Promise<number> {
  const child = spawn(program, [...args], { stdio: "inherit", env: { ...env } });
  using _signals = handOver(child);
  return exitOf(child);
}

export function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

/** What a short command says: its exit code and output. A command that cannot be started has exit code -1. */
export function tryProgram(
  program: string,
  args: readonly string[],
  options: {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly timeoutMs?: number;
    readonly signal?: AbortSignal;
  },
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  const { env, timeoutMs = 5_000, signal } = options;
  return new Promise((resolve) => {
    execFile(
      program,
      [...args],
      { env: { ...env }, timeout: timeoutMs, maxBuffer: 16 * 1024 * 1024, ...(signal === undefined ? {} : { signal }) },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        resolve({ exitCode: code, stdout, stderr });
      },
    );
  });
}
