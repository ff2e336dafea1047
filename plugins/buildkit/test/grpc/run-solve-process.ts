import { type ChildProcess, spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type TemporaryFolder, temporaryFolder } from "@imagespec/test-support";
import { rolldown } from "rolldown";
import type { SolveOrder } from "./solve-process.ts";

/** The program of `solve-process.ts`, ready to run by Node.js alone. */
export interface SolveProgram extends AsyncDisposable {
  start(order: SolveOrder): SolveProcess;
}

export interface SolveProcess {
  readonly lines: readonly string[];
  /** Resolves with the first line that starts so; rejects when the process ends without. */
  line(start: string): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves with the exit code; rejects, and kills it, when it takes longer. */
  ended(withinMs: number): Promise<number | null>;
}

export async function solveProgram(): Promise<SolveProgram> {
  const folder: TemporaryFolder = await temporaryFolder("imagespec-grpc-");
  const bundle = await rolldown({
    input: fileURLToPath(new URL("solve-process.ts", import.meta.url)),
    platform: "node",
    tsconfig: false,
    // `using` is newer than Node 20.
    transform: { target: "node20.19" },
    resolve: { conditionNames: ["@imagespec/source", "import", "node"] },
  });
  await bundle.write({ dir: folder.path, format: "esm", entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs" });
  await bundle.close();
  const children: ChildProcess[] = [];
  return {
    start(order) {
      const child = spawn(process.execPath, [folder.join("solve-process.mjs"), JSON.stringify(order)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      children.push(child);
      return solveProcess(child);
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill("SIGKILL");
      await folder[Symbol.asyncDispose]();
    },
  };
}

const lineWithinMs = 60_000;

function solveProcess(child: ChildProcess): SolveProcess {
  const lines: string[] = [];
  const wakers = new Set<() => void>();
  let ended = false;
  const wake = () => {
    for (const waker of [...wakers]) waker();
  };
  createInterface({ input: child.stdout! }).on("line", (line) => {
    lines.push(line);
    wake();
  });
  const exit = new Promise<number | null>((resolve) =>
    child.once("close", (code) => {
      ended = true;
      wake();
      resolve(code);
    }),
  );
  return {
    lines,
    line: (start) =>
      new Promise((resolve, reject) => {
        let late = false;
        const timer = setTimeout(() => {
          late = true;
          look();
        }, lineWithinMs);
        const look = () => {
          const found = lines.find((line) => line.startsWith(start));
          if (found === undefined && !ended && !late) return;
          wakers.delete(look);
          clearTimeout(timer);
          if (found === undefined) reject(new Error(`no line "${start}" in:\n${lines.join("\n")}`));
          else resolve(found);
        };
        wakers.add(look);
        look();
      }),
    kill: (signal) => void child.kill(signal),
    async ended(withinMs) {
      const timeout = new AbortController();
      const late = delay(withinMs, "late" as const, { signal: timeout.signal }).catch(() => "late" as const);
      const result = await Promise.race([exit, late]);
      timeout.abort();
      if (result !== "late") return result;
      child.kill("SIGKILL");
      throw new Error(`the process still ran after ${withinMs} ms:\n${lines.join("\n")}`);
    },
  };
}

/** Whether a process of this machine, in whatever container, has the text in its command line. */
export async function isRunning(text: string): Promise<boolean> {
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    try {
      const words = (await readFile(`/proc/${entry}/cmdline`, "utf8")).split("\0");
      // The orders of solve-process.ts name it, too, inside of a longer word.
      if (words.includes(text)) return true;
    } catch {
      // Gone in the meantime.
    }
  }
  return false;
}

/** Resolves with the milliseconds until no process has the text in its command line. */
export async function untilGone(text: string, withinMs: number): Promise<number> {
  const start = performance.now();
  while (await isRunning(text)) {
    if (performance.now() - start > withinMs) throw new Error(`"${text}" still runs after ${withinMs} ms`);
    await delay(20);
  }
  return performance.now() - start;
}
