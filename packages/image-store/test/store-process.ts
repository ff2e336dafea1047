import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const workspace = fileURLToPath(new URL("../../..", import.meta.url));
const script = fileURLToPath(new URL("store-process.mjs", import.meta.url));

/** Builds the package, which a process without a loader needs. */
export async function buildImageStore(): Promise<void> {
  // Holds: the field is what selects the package manager of the workspace.
  const { packageManager } = JSON.parse(await readFile(`${workspace}/package.json`, "utf8")) as {
    readonly packageManager: string;
  };
  const turbo = ["exec", "turbo", "run", "build", "--filter=@imagespec/image-store"];
  await promisify(execFile)("npx", ["-y", packageManager, ...turbo], { cwd: workspace });
}

/** A process that uses the store and can be killed. */
export interface StoreProcess {
  readonly pid: number;
  /** Lines that it has printed so far. */
  readonly lines: readonly string[];
  /** Resolves with the first line that is not read yet; nothing when the process ends first. */
  nextLine(): Promise<string | undefined>;
  /** Resolves with the exit code. */
  ended(): Promise<number | null>;
  /** SIGKILL: nothing is flushed, closed or finished. */
  kill(): Promise<void>;
}

/** Starts `store-process.mjs` with a command of its own. */
export function spawnStore(...args: readonly string[]): StoreProcess {
  const child: ChildProcess = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout! });
  const unread = reader[Symbol.asyncIterator]();
  reader.on("line", (line) => lines.push(line));
  return {
    pid: child.pid!,
    lines,
    async nextLine() {
      const { value, done } = await unread.next();
      return done === true ? undefined : value;
    },
    async ended() {
      const [code] = await exited;
      return code;
    },
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
