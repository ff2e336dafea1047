import { spawn } from "node:child_process";
import { once } from "node:events";
import { ImageSpecError } from "@imagespec/errors";
import { splitLines } from "./lines.ts";
import { pause } from "./pause.ts";

export interface LaunchOptions {
  readonly name: string;
  readonly argv: readonly string[];
  /** Added to PATH and HOME, which are all that it has. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Asked again and again until it says yes. */
  readonly ready: () => Promise<boolean> | boolean;
  readonly onLine?: (line: string) => void;
}

/** A server of somebody else's that runs beside the tests. */
export interface Launched {
  readonly pid: number;
  /** Ends it, first politely. */
  stop(): Promise<void>;
}

/**
 * Starts a server and waits until it is ready. The kernel ends it when this process dies, however that comes about.
 *
 * @throws ENGINE_DOWN when it ends, or is not ready within a minute
 */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const child = spawn("setpriv", ["--pdeathsig", "KILL", ...options.argv], {
    cwd: options.cwd ?? "/",
    env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const tail: string[] = [];
  const splitter = splitLines((line) => {
    tail.push(line);
    if (tail.length > 30) tail.shift();
    options.onLine?.(line);
  });
  child.stdout.on("data", (chunk: Uint8Array) => splitter.write(chunk));
  child.stderr.on("data", (chunk: Uint8Array) => splitter.write(chunk));
  await once(child, "spawn");
  const exited = once(child, "exit");
  const running = () => child.exitCode === null && child.signalCode === null;
  const stop = async () => {
    if (!running()) return;
    child.kill("SIGTERM");
    const patience = setTimeout(() => child.kill("SIGKILL"), 3_000);
    await exited;
    clearTimeout(patience);
  };
  for (let waited = 0; running() && waited < 60_000; waited += 20) {
    // The child has been spawned, so it has a pid.
    if (await options.ready()) return { pid: child.pid as number, stop };
    await pause(20);
  }
  const state = running() ? "was not ready within a minute" : `ended with ${child.exitCode ?? child.signalCode}`;
  await stop();
  throw new ImageSpecError("ENGINE_DOWN", `${options.name} ${state}:\n${tail.join("\n")}`, { logTail: tail });
}

/** Whether something answers HTTP here, whatever it says. */
export async function answersHttp(url: string): Promise<boolean> {
  try {
    await (await fetch(url, { signal: AbortSignal.timeout(2_000) })).arrayBuffer();
    return true;
  } catch {
    // Not yet listening.
    return false;
  }
}
