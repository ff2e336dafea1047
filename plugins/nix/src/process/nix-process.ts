import { spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { abortedError, ImageSpecError, systemCodeOf, throwIfAborted } from "@imagespec/errors";
import "../errors/nix-errors.ts";
import type { NixBuilderOptions } from "../options/nix-builder-options.ts";
import { detectNixMachine, type NixMachine } from "./detect.ts";
import { nixConfig, storeRoot } from "./nix-config.ts";

/** What a program of Nix gave. */
export interface NixResult {
  readonly stdout: string;
  /** Lines of stderr; the last ones where there are many. */
  readonly lines: readonly string[];
  /** Nothing when a signal ended it. */
  readonly code: number | undefined;
}

export interface NixRunOptions {
  readonly signal?: AbortSignal;
  /** Called for each line of stderr. */
  readonly onLine?: (line: string) => void;
}

/** Programs of Nix that stay the same since 2.3, and need no feature to be switched on. */
export type NixProgram = "nix-instantiate" | "nix-store" | "nix-hash" | "nix-prefetch-url" | "nix";

/** Nix ends builders when it is told to end; one that does not listen is killed. */
const killAfterMs = 3000;
const maxLines = 400;

/** Runs programs of Nix as the options say: without a shell, with a configuration of our own. */
export class NixProcess {
  readonly machine: NixMachine;
  /** What stands before `/nix/store` on this disk. */
  readonly root: string;
  readonly #folder: string | undefined;
  readonly #env: Readonly<Record<string, string>>;

  constructor(options: NixBuilderOptions, machine: NixMachine = detectNixMachine()) {
    this.machine = machine;
    this.root = storeRoot(options.store);
    this.#folder = options.nix;
    this.#env = {
      ...machine.env,
      NIX_CONFIG: nixConfig(options, machine),
      NIX_PATH: "",
      ...(options.userConfig === true ? {} : { NIX_USER_CONF_FILES: "/dev/null" }),
    };
  }

  /** Where a store path is on this disk. */
  onDisk(storePath: string): string {
    return `${this.root}${storePath}`;
  }

  /** Runs a program to its end, whatever its exit code. @throws NIX_UNAVAILABLE, ABORTED */
  async run(program: NixProgram, args: readonly string[], options: NixRunOptions = {}): Promise<NixResult> {
    const { signal, onLine } = options;
    if (signal !== undefined) throwIfAborted(signal);
    const file = this.#folder === undefined ? program : path.join(this.#folder, program);
    const child = spawn(file, args, { env: this.#env, stdio: ["ignore", "pipe", "pipe"] });
    const stdout: Buffer[] = [];
    const lines: string[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    const reader = createInterface({ input: child.stderr, crlfDelay: Number.POSITIVE_INFINITY });
    reader.on("line", (line) => {
      lines.push(line);
      if (lines.length > maxLines * 2) lines.splice(0, maxLines);
      onLine?.(line);
    });
    let killer: ReturnType<typeof setTimeout> | undefined;
    const stop = (): void => {
      child.kill("SIGTERM");
      killer = setTimeout(() => child.kill("SIGKILL"), killAfterMs);
    };
    signal?.addEventListener("abort", stop, { once: true });
    try {
      const read = new Promise<void>((resolve) => reader.once("close", resolve));
      const code = await new Promise<number | undefined>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", (exit) => resolve(exit ?? undefined));
      });
      await read;
      if (signal?.aborted === true) throw abortedError(signal);
      return { stdout: Buffer.concat(stdout).toString(), lines: lines.slice(-maxLines), code };
    } catch (error) {
      const systemCode = systemCodeOf(error);
      if (systemCode === undefined) throw error;
      throw new ImageSpecError("NIX_UNAVAILABLE", `"${file}" cannot be run: ${systemCode}`, {
        hint: "install Nix: apt-get install nix-bin, or https://nixos.org/download",
        details: { provider: "nix" },
        cause: error,
      });
    } finally {
      clearTimeout(killer);
      signal?.removeEventListener("abort", stop);
    }
  }
}
