import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { PackageResolution, ResolvedRequirementsFile, Resolver } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import { onDisk, openContentStore } from "@imagespec/image-store";
import { indexAccess } from "./download/index-access.ts";
import { chooseDistributions } from "./pylock/choose-distributions.ts";
import { type HashRules, hashRules, keepHashed } from "./pylock/keep-hashed.ts";
import { parsePylock } from "./pylock/parse-pylock.ts";
import { poetryRequirements } from "./pylock/poetry-requirements.ts";
import { compileWithSdists } from "./uv/compile-with-sdists.ts";
import { detectUvSettings, type UvSettings } from "./uv/detect.ts";
import { type SourceRequests, sourceRequests } from "./uv/source-requests.ts";
import { UvHost, type UvWork, uvOutput } from "./uv/uv-host.ts";

export interface UvResolverOptions {
  /** Absolute; uv itself, its descriptions of interpreters and downloaded wheels live below it. */
  readonly cacheFolder: string;
  /** @default the environment of the process */
  readonly settings?: UvSettings;
}

type ResolveOptions = Parameters<Resolver["resolve"]>[2];

/** One resolution: everything its steps need. */
interface Run extends UvWork {
  readonly options: ResolveOptions;
  /** What must be built. */
  readonly requests: SourceRequests;
}

/**
 * Resolves with uv, which is fetched when it is not installed, for the image's Python, C library and platform, whatever the host
 * has. Only wheels, unless the caller can build source distributions: those that tell what they depend on by their build alone
 * need a Python on the machine. A lock in the spec is used as it is.
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
      const { signal, onLog } = resolveOptions;
      const requests = sourceRequests(spec);
      const run: Run = { spec, target, options: resolveOptions, requests, folder, index, content, signal, onLog };
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
  if (pins.length > 0) await writeText(path.join(folder, uvOutput), formatPins(pins));
  const pylock = await pipCompile(run, uv, args);
  const rules = hashRules(spec.requirementLines, spec.pipExtraArgs);
  return choose(run, pylock, { file: spec.requirements?.file ?? "the resolution", rules });
}

function pipCompile(run: Run, uv: UvHost, args: readonly string[]): Promise<string> {
  const command = ["pip", "compile", ...args];
  if (run.options.sdists === true) return compileWithSdists(run, uv, command, run.requests);
  return uv.pylock(run, [...command, "--only-binary", ":all:"]);
}

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
      const pylock = await pipCompile(run, uv, ["--no-deps", "requirements.in"]);
      return choose(run, pylock, { file: file.path, rules: hashRules(requirements) });
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
    sdists: run.options.sdists,
    isBuilt: run.requests.isBuilt,
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
