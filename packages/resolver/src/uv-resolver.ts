import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type {
  PackageResolution,
  ResolvedImageSpec,
  ResolvedRequirementsFile,
  Resolver,
  TargetEnvironment,
} from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import { type ContentStore, onDisk, openContentStore } from "@imagespec/image-store";
import { createDownloader } from "./download/downloader.ts";
import { type IndexAccess, indexAccess } from "./download/index-access.ts";
import { chooseDistributions } from "./pylock/choose-distributions.ts";
import { type HashRules, hashRules, keepHashed } from "./pylock/keep-hashed.ts";
import { parsePylock } from "./pylock/parse-pylock.ts";
import { poetryRequirements } from "./pylock/poetry-requirements.ts";
import { describeInterpreter } from "./uv/describe-interpreter.ts";
import { detectUvSettings, type UvSettings } from "./uv/detect.ts";
import { explainFailure } from "./uv/explain-failure.ts";
import { findUv, type UvProgram } from "./uv/find-uv.ts";
import { runUv, type UvRun, uvEnvironment } from "./uv/run-uv.ts";

export interface UvResolverOptions {
  /** Absolute; uv itself, its descriptions of interpreters and downloaded wheels live below it. */
  readonly cacheFolder: string;
  /** @default the environment of the process */
  readonly settings?: UvSettings;
}

type ResolveOptions = Parameters<Resolver["resolve"]>[2];

/** One resolution: everything its steps need. */
interface Run {
  readonly spec: ResolvedImageSpec;
  readonly target: TargetEnvironment;
  readonly options: ResolveOptions;
  readonly folder: string;
  readonly index: IndexAccess;
  readonly content: ContentStore;
}

/**
 * Resolves with uv, which is fetched when it is not installed: only wheels, for the image's Python, C library and platform,
 * whatever the host has. A lock in the spec is used as it is.
 */
export function createUvResolver(options: UvResolverOptions): Resolver {
  const settings = options.settings ?? detectUvSettings();
  const uv = new UvHost(options.cacheFolder, settings);
  return {
    resolve: async (spec, target, resolveOptions) => {
      const nothing = spec.requirementLines.length === 0 && spec.lock === undefined;
      if (nothing) return { distributions: [], pylock: emptyPylock };
      const content = await openContentStore(options.cacheFolder);
      // Among the store's temporary files, where what a killed process leaves is removed one day.
      await using temporary = await content.temporaryFile();
      const folder = temporary.path;
      await onDisk(folder, () => mkdir(folder));
      const index = await indexAccess(spec, settings, resolveOptions.secret);
      const run: Run = { spec, target, options: resolveOptions, folder, index, content };
      return await (spec.lock === undefined ? compile(run, uv) : fromLock(run, uv));
    },
  };
}

const emptyPylock = 'lock-version = "1.0"\ncreated-by = "imagespec"\n';

async function compile(run: Run, uv: UvHost): Promise<PackageResolution> {
  const { spec, folder } = run;
  await writeText(path.join(folder, "requirements.in"), lines(spec.requirementLines));
  const constraints = [...spec.constraintLines, ...(run.options.constraints ?? [])];
  const args = ["requirements.in", ...uvOptions(spec.pipExtraArgs)];
  if (constraints.length > 0) {
    await writeText(path.join(folder, "constraints.in"), lines(constraints));
    args.push("--constraints", "constraints.in");
  }
  if (spec.excludeNewer !== undefined) args.push("--exclude-newer", spec.excludeNewer);
  // uv keeps to what an existing output file pins.
  const pins = run.options.preferences ?? [];
  if (pins.length > 0) await writeText(path.join(folder, outputName), formatPins(pins));
  const pylock = await uv.pylock(run, ["pip", "compile", "--only-binary", ":all:", ...args]);
  const rules = hashRules(spec.requirementLines, spec.pipExtraArgs);
  return choose(run, pylock, { file: spec.requirements?.file ?? "the resolution", rules });
}

/** uv wants lock files to be called so. */
const outputName = "pylock.out.toml";

function formatPins(pins: readonly string[]): string {
  const packages = pins.map((pin) => {
    const [name = "", version = ""] = pin.split("==");
    return `\n[[packages]]\nname = ${JSON.stringify(name)}\nversion = ${JSON.stringify(version)}\n`;
  });
  return `lock-version = "1.0"\ncreated-by = "imagespec"\n${packages.join("")}`;
}

async function fromLock(run: Run, uv: UvHost): Promise<PackageResolution> {
  const { spec, folder } = run;
  const lock = spec.lock ?? unreachable();
  const file = spec.requirementFiles.find((candidate) => candidate.path === lock.file) ?? unreachable();
  switch (lock.kind) {
    case "pylock":
      return choose(run, file.text, {
        file: file.path,
        base: new URL(".", pathToFileURL(path.join(spec.root, file.path))),
      });
    case "uv-lock": {
      await writeProject(folder, spec.requirementFiles);
      const groups = (spec.requirements?.groups ?? []).flatMap((group) => ["--group", group]);
      const extras = (spec.requirements?.extras ?? []).flatMap((extra) => ["--extra", extra]);
      const project = path.dirname(path.join(folder, file.path));
      // The project's default groups are not asked for by name.
      const args = ["export", "--frozen", "--no-emit-project", "--no-default-groups", "--project", project];
      return choose(run, await uv.pylock(run, [...args, ...groups, ...extras]), { file: file.path });
    }
    case "poetry-lock": {
      const selection = spec.requirements ?? { groups: [], extras: [] };
      const requirements = poetryRequirements(file.text, file.path, selection, run.target);
      await writeText(path.join(folder, "requirements.in"), lines(requirements));
      const args = ["pip", "compile", "--only-binary", ":all:", "--no-deps", "requirements.in"];
      return choose(run, await uv.pylock(run, args), { file: file.path, rules: hashRules(requirements) });
    }
  }
}

interface Origin {
  /** For messages. */
  readonly file: string;
  /** Folder that relative paths of wheels stand on. @default the working folder of uv */
  readonly base?: URL;
  /** Hashes that are demanded beside those that the document has. */
  readonly rules?: HashRules;
}

function choose(run: Run, pylock: string, { file, base, rules }: Origin): PackageResolution {
  const parsed = parsePylock(pylock, file, base ?? pathToFileURL(`${run.folder}/`));
  const allowed = rules === undefined ? parsed : keepHashed(parsed, rules, `"${file}"`);
  const distributions = chooseDistributions(allowed, run.target, {
    // What a lock of our own pins is chosen already.
    ...(run.spec.lock?.own === undefined ? run.spec.requirements : {}),
    file,
  });
  return { distributions, pylock };
}

/** uv reads a project from a folder of its own: the lock and the pyproject.toml files that were fingerprinted. */
async function writeProject(folder: string, files: readonly ResolvedRequirementsFile[]): Promise<void> {
  for (const { path: relative, text } of files) {
    const target = path.join(folder, relative);
    await onDisk(target, () => mkdir(path.dirname(target), { recursive: true }));
    await writeText(target, text);
  }
}

/** uv's spelling of pip options that it names differently. */
function uvOptions(pipExtraArgs: readonly string[]): readonly string[] {
  return pipExtraArgs.flatMap((option) => {
    if (option === "--pre") return ["--prerelease", "allow"];
    if (option === "--trusted-host") return ["--allow-insecure-host"];
    if (option.startsWith("--trusted-host=")) return ["--allow-insecure-host", option.slice("--trusted-host=".length)];
    // Hashes are demanded by us: uv resolves without looking at them.
    return ["--prefer-binary", "--no-cache-dir", "--require-hashes"].includes(option) ? [] : [option];
  });
}

function writeText(file: string, text: string): Promise<void> {
  return onDisk(file, () => writeFile(file, text));
}

function lines(entries: readonly string[]): string {
  return entries.map((entry) => `${entry}\n`).join("");
}

function unreachable(): never {
  throw new ImageSpecError("INTERNAL", "a resolved spec with a lock has to carry the lock's text");
}

/** Finds uv once and runs it. */
class UvHost {
  readonly #cacheFolder: string;
  readonly #settings: UvSettings;
  #program: Promise<UvProgram> | undefined;

  constructor(cacheFolder: string, settings: UvSettings) {
    this.#cacheFolder = cacheFolder;
    this.#settings = settings;
  }

  /** The PEP 751 document that a command of uv writes. */
  async pylock(run: Run, args: readonly string[]): Promise<string> {
    const output = path.join(run.folder, outputName);
    const format = args[0] === "export" ? ["--format", "pylock.toml"] : ["--no-header", "--format", "pylock.toml"];
    const interpreter =
      process.platform === "win32" ? [] : ["--python", await describeInterpreter(run.target, run.content)];
    const program = await this.#find(run, false);
    let result = await this.#run(run, program, [...args, ...format, ...interpreter, "-o", output]);
    if (result.exitCode !== 0 && program.origin === "path" && isAboutItself(result.stderr)) {
      // Another release of uv may ask an interpreter other questions, or lack an option: the pinned one is known.
      result = await this.#run(run, await this.#find(run, true), [...args, ...format, ...interpreter, "-o", output]);
    }
    if (result.exitCode !== 0) {
      const { target } = run;
      throw explainFailure(
        result.stderr,
        run.spec,
        `Python ${target.pythonVersion} on ${target.platform} (${target.libc.kind} ${target.libc.version})`,
      );
    }
    return readFile(output, "utf8");
  }

  #run(run: Run, program: UvProgram, args: readonly string[]): Promise<UvRun> {
    return runUv(program.path, args, {
      cwd: run.folder,
      env: uvEnvironment(this.#settings.env, { ...run.index, caFile: this.#settings.caFile }),
      signal: run.options.signal,
      onLog: run.options.onLog,
    });
  }

  async #find(run: Run, pinned: boolean): Promise<UvProgram> {
    if (!pinned && this.#program !== undefined) return this.#program;
    const downloader = createDownloader({ ca: await caText(this.#settings.caFile) });
    try {
      const found = findUv({
        settings: this.#settings,
        cacheFolder: this.#cacheFolder,
        content: run.content,
        downloader,
        index: run.index,
        signal: run.options.signal,
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

/** The PEM text of the configured certificate file, when there is one. */
export async function caText(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new ImageSpecError("CONFIG_INVALID", `the certificate file "${file}" cannot be read`, {
      hint: "correct SSL_CERT_FILE, PIP_CERT, REQUESTS_CA_BUNDLE or NODE_EXTRA_CA_CERTS",
      cause,
    });
  }
}
