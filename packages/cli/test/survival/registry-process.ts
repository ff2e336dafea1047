import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("serve.mjs", import.meta.url));

/** A registry in a process of its own. */
export interface RegistryProcess extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  /** Resolves when the process is no more. */
  readonly ended: Promise<unknown>;
  kill(): Promise<void>;
}

/**
 * Starts it on a folder. It kills itself by SIGKILL at its request number `killAfter`, `delayMs` later: nothing is flushed, closed
 * or finished.
 */
export async function startRegistryProcess(
  root: string,
  options: { readonly port?: number; readonly killAfter?: number; readonly delayMs?: number } = {},
): Promise<RegistryProcess> {
  const { port = 0, killAfter = 0, delayMs = 0 } = options;
  const child = spawn(process.execPath, [script, root, String(port), String(killAfter), String(delayMs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const { value, done } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  if (done === true) throw new Error("the registry process ended");
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  return {
    address: `127.0.0.1:${value}`,
    port: Number(value),
    ended,
    kill,
    [Symbol.asyncDispose]: kill,
  };
}
