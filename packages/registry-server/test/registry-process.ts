import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const workspace = fileURLToPath(new URL("../../..", import.meta.url));
const script = fileURLToPath(new URL("serve.mjs", import.meta.url));

/** Builds the package, which a process without a loader needs. */
export async function buildRegistryServer(): Promise<void> {
  // Holds: the field is what selects the package manager of the workspace.
  const { packageManager } = JSON.parse(await readFile(`${workspace}/package.json`, "utf8")) as {
    readonly packageManager: string;
  };
  const turbo = ["exec", "turbo", "run", "build", "--filter=@imagespec/registry-server"];
  await promisify(execFile)("npx", ["-y", packageManager, ...turbo], { cwd: workspace });
}

/** A registry that can be killed. */
export interface RegistryProcess {
  readonly url: string;
  /** Resident memory in bytes. */
  memory(): Promise<number>;
  /** SIGKILL: nothing is flushed, closed or finished. */
  kill(): Promise<void>;
}

export async function spawnRegistry(root: string): Promise<RegistryProcess> {
  const child: ChildProcess = spawn(process.execPath, [script, root], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error("the registry process ended");
    return value;
  };
  const url = `http://${await nextLine()}`;
  return {
    url,
    async memory() {
      child.stdin?.write("\n");
      return Number(await nextLine());
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}
