import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { ResolvedImageSpec, TargetEnvironment } from "@imagespec/core";
import type { ImageSpecError } from "@imagespec/errors";
import type { ContentStore } from "@imagespec/image-store";
import { caText } from "../download/ca-text.ts";
import { createDownloader } from "../download/downloader.ts";
import type { IndexAccess } from "../download/index-access.ts";
import { describeInterpreter } from "./describe-interpreter.ts";
import type { UvSettings } from "./detect.ts";
import { explainFailure } from "./explain-failure.ts";
import { findUv, type UvProgram } from "./find-uv.ts";
import { platformOption } from "./platform-option.ts";
import { runUv, type UvRun, uvEnvironment } from "./run-uv.ts";

/** What uv is run for. */
export interface UvWork {
  readonly spec: ResolvedImageSpec;
  readonly target: TargetEnvironment;
  /** Where uv reads and writes. */
  readonly folder: string;
  readonly index: IndexAccess;
  readonly content: ContentStore;
  readonly signal: AbortSignal;
  readonly onLog: ((text: string) => void) | undefined;
}

/** uv wants lock files to be called so. */
export const uvOutput = "pylock.out.toml";

/** Finds uv once and runs it. */
export class UvHost {
  readonly #cacheFolder: string;
  readonly #settings: UvSettings;
  #program: Promise<UvProgram> | undefined;

  constructor(cacheFolder: string, settings: UvSettings) {
    this.#cacheFolder = cacheFolder;
    this.#settings = settings;
  }

  /** The PEP 751 document that a command of uv writes. @throws what {@link explainFailure} makes of uv's words */
  async pylock(work: UvWork, args: readonly string[]): Promise<string> {
    const result = await this.tryPylock(work, args);
    if (result.document !== undefined) return result.document;
    throw this.explain(work, result.stderr);
  }

  /**
   * The document, or what uv said instead.
   *
   * @param python a Python of this machine, for packages that have to be built. @default a description of the target's
   */
  async tryPylock(
    work: UvWork,
    args: readonly string[],
    python?: string,
  ): Promise<{ readonly document: string | undefined; readonly stderr: string }> {
    const output = path.join(work.folder, uvOutput);
    const format = args[0] === "export" ? ["--format", "pylock.toml"] : ["--no-header", "--format", "pylock.toml"];
    const command = [...args, ...format, ...(await interpreterOptions(work, python)), "-o", output];
    const program = await this.#find(work, false);
    let result = await this.#run(work, program, command);
    if (result.exitCode !== 0 && program.origin === "path" && isAboutItself(result.stderr)) {
      // Another release of uv may ask an interpreter other questions, or lack an option: the pinned one is known.
      result = await this.#run(work, await this.#find(work, true), command);
    }
    const { exitCode, stderr } = result;
    return { document: exitCode === 0 ? await readFile(output, "utf8") : undefined, stderr };
  }

  /** A Python of this machine. */
  async findPython(): Promise<string | undefined> {
    for (const folder of this.#settings.path) {
      for (const name of process.platform === "win32" ? ["python.exe"] : ["python3", "python"]) {
        const found = await pythonOf(path.join(folder, name));
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  explain({ spec, target }: UvWork, stderr: string): ImageSpecError {
    const { pythonVersion, platform, libc } = target;
    return explainFailure(stderr, spec, `Python ${pythonVersion} on ${platform} (${libc.kind} ${libc.version})`);
  }

  #run(work: UvWork, program: UvProgram, args: readonly string[]): Promise<UvRun> {
    return runUv(program.path, args, {
      cwd: work.folder,
      env: uvEnvironment(this.#settings.env, { ...work.index, caFile: this.#settings.caFile }),
      signal: work.signal,
      onLog: work.onLog,
    });
  }

  async #find(work: UvWork, pinned: boolean): Promise<UvProgram> {
    if (!pinned && this.#program !== undefined) return this.#program;
    const downloader = createDownloader({ ca: await caText(this.#settings.caFile) });
    try {
      const found = findUv({
        settings: this.#settings,
        cacheFolder: this.#cacheFolder,
        content: work.content,
        downloader,
        index: work.index,
        signal: work.signal,
        pinned,
      });
      const program = await found;
      this.#program = found;
      return program;
    } finally {
      await downloader.close();
    }
  }
}

function isAboutItself(stderr: string): boolean {
  return /unexpected argument|invalid value|[Qq]uery(ing)? Python|interpreter/.test(stderr);
}

async function interpreterOptions({ target, content }: UvWork, python: string | undefined): Promise<readonly string[]> {
  if (python !== undefined) {
    return ["--python", python, "--python-version", target.pythonVersion, "--python-platform", platformOption(target)];
  }
  return process.platform === "win32" ? [] : ["--python", await describeInterpreter(target, content)];
}

/** The program that a name on PATH stands for; a launcher such as pyenv's depends on the working folder. */
async function pythonOf(file: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(file, ["-I", "-c", printExecutable], { timeout: 20_000 });
    return stdout.trim() || undefined;
  } catch {
    // Not there, or not a Python 3 that runs: the next one is tried.
    return undefined;
  }
}

const printExecutable = "import sys; print(sys.executable if sys.version_info >= (3, 8) else '')";
