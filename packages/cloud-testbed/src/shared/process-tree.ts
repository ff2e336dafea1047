import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { splitLines } from "./lines.ts";

export interface TreeOptions {
  readonly cwd: string;
  /** The whole environment: nothing of this process's own gets in. */
  readonly env: Readonly<Record<string, string>>;
  /** Gets stdout and stderr, line by line. */
  readonly onLine: (line: string, stream: "stdout" | "stderr") => void;
  /** Kills what runs. */
  readonly signal?: AbortSignal;
}

export interface TreeResult {
  /** Nothing when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
}

/**
 * Runs a command in a process group of its own and waits until it has ended. Output that its background processes still hold open is
 * not waited for longer than a moment.
 */
export function runTree(argv: readonly string[], options: TreeOptions): Promise<TreeResult> {
  const [file = "", ...rest] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(file, rest, {
      cwd: options.cwd,
      env: { ...options.env },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const splitters = (["stdout", "stderr"] as const).map((name) => {
      const splitter = splitLines((line) => options.onLine(line, name));
      child[name].on("data", (chunk: Uint8Array) => splitter.write(chunk));
      return splitter;
    });
    const kill = () => {
      if (child.pid !== undefined) killGroup(child.pid);
    };
    options.signal?.addEventListener("abort", kill, { once: true });
    if (options.signal?.aborted) kill();
    let settled = false;
    const settle = (exitCode: number | null, signal: string | null) => {
      if (settled) return;
      settled = true;
      options.signal?.removeEventListener("abort", kill);
      for (const splitter of splitters) splitter.end();
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ exitCode: exitCode ?? undefined, signal: signal ?? undefined });
    };
    child.once("error", reject);
    child.once("close", settle);
    child.once("exit", (code, signal) => setTimeout(() => settle(code, signal), 250));
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * Kills every process of this machine that carries `name=value` in its environment, also those that left their process group:
 * what the end of a build machine does to all that ran on it. Linux alone has /proc.
 *
 * @returns how many there were
 */
export async function killMarked(name: string, value: string): Promise<number> {
  const mark = Buffer.from(`${name}=${value}\0`);
  let killed = 0;
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    try {
      const environment = await readFile(`/proc/${entry}/environ`);
      if (!environment.includes(mark)) continue;
      process.kill(Number(entry), "SIGKILL");
      killed += 1;
    } catch (error) {
      // Ended meanwhile, or somebody else's.
      if (!["ENOENT", "ESRCH", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
  }
  return killed;
}
