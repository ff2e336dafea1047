import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type ImageSpecBuilder, type ResolvedImageSpec, resolveImageSpec } from "@imagespec/core";
import { ImageSpecError, messageOf } from "@imagespec/errors";
import type { LocalImageStore } from "@imagespec/image-store";
import type { RegistryClient } from "@imagespec/registry-client";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { usageError } from "../arguments/usage-error.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { engineOptions } from "../session/engine-options.ts";
import { openSession } from "../session/open-session.ts";
import { warnOfProblems } from "../session/warn-of-problems.ts";
import { loadSpecs } from "../specs/load-specs.ts";

const packageName = "@imagespec/dockerfile";

/** `imagespec export` */
export const exportCommand: Command = {
  name: "export",
  usage: ["dockerfile [FILE] [options]"],
  description: [
    `Writes a spec in the form of another tool: a Dockerfile with its build context, for its packages as they resolve now.\nThe package ${packageName} does it, and has to be installed beside imagespec.`,
  ],
  options: {
    output: { type: "text", value: "FOLDER", short: "o", summary: "where to write to (default: the spec's name)" },
    platform: { type: "text", value: "OS/ARCH", summary: "platform, of a spec with several" },
    dialect: {
      type: "text",
      value: "DIALECT",
      choices: ["base", "modern"],
      summary: "base for every Engine since 20.10 (default), modern for those since 23",
    },
    ...engineOptions,
    "no-color": { type: "flag", summary: "print without colours" },
  },
  maxPositionals: 2,
  run,
};

/** What the package offers. */
interface DockerfileModule {
  readonly exportDockerfile: (
    spec: ResolvedImageSpec,
    options: {
      readonly folder: string;
      readonly signal: AbortSignal;
      readonly env: Readonly<Record<string, string | undefined>>;
      readonly platform: string | undefined;
      readonly dialect: "base" | "modern" | undefined;
      readonly builders: readonly ImageSpecBuilder[];
      readonly registryClient: RegistryClient;
      readonly cacheFolder: string;
      readonly store: () => Promise<LocalImageStore>;
    },
  ) => Promise<{ readonly files: readonly string[]; readonly command?: string }>;
}

async function run(args: ParsedArguments, context: CommandContext): Promise<number> {
  const { cwd, env, stdout, stderr, signal } = context;
  const [what, file] = args.positionals;
  if (what !== "dockerfile") {
    throw usageError(
      what === undefined ? '"export" needs to know what to write' : `"export" cannot write "${what}"`,
      'write "imagespec export dockerfile"',
    );
  }
  const { exportDockerfile } = await loadDockerfile(cwd);
  const [loaded, ...rest] = await loadSpecs(file === undefined ? [] : [file], context);
  if (loaded === undefined || rest.length > 0)
    throw usageError(
      `the file has ${rest.length + (loaded === undefined ? 0 : 1)} specs, one can be exported`,
      "name a file with one spec",
    );
  const resolved = await resolveImageSpec(loaded.spec, { root: loaded.root, lockName: loaded.lockName, signal });
  const folder = resolve(cwd, args.text("output") ?? resolved.name?.replaceAll("/", "-") ?? "image");
  await using session = await openSession(args, context);
  warnOfProblems(session.problems, context, args.flag("no-color"));
  const { engine, registryClient, cacheFolder, openStore } = session;
  const { files, command } = await exportDockerfile(resolved, {
    folder,
    signal,
    env,
    platform: args.text("platform"),
    // The parser has checked it.
    dialect: args.text("dialect") as "base" | "modern" | undefined,
    builders: engine.builders().map(({ builder }) => builder),
    registryClient,
    cacheFolder,
    store: openStore,
  });
  const [first, ...beside] = files;
  if (first !== undefined) stdout.write(`${first}\n`);
  if (beside.length > 0) stderr.write(`${beside.length} file${beside.length === 1 ? "" : "s"} beside it\n`);
  if (command !== undefined) stderr.write(`build it with: ${command}\n`);
  return 0;
}

/** The package of the project, else the one beside this package. @throws PLUGIN_NOT_FOUND */
async function loadDockerfile(cwd: string): Promise<DockerfileModule> {
  const hint = `run npm install --save-dev ${packageName}`;
  const path = find([cwd, dirname(fileURLToPath(import.meta.url))]);
  if (path === undefined)
    throw new ImageSpecError("PLUGIN_NOT_FOUND", `the package "${packageName}" is not installed`, { hint });
  let loaded: unknown;
  try {
    loaded = await import(pathToFileURL(path).href);
  } catch (error) {
    throw new ImageSpecError("PLUGIN_NOT_FOUND", `"${packageName}" cannot be loaded: ${messageOf(error)}`, {
      hint,
      cause: error,
    });
  }
  if (isDockerfileModule(loaded)) return loaded;
  throw new ImageSpecError("PLUGIN_NOT_FOUND", `this version of "${packageName}" cannot export`, {
    hint: `${hint}@latest`,
  });
}

/** In the `node_modules` of a folder or of one above it; what NODE_PATH names, as package managers set it for their scripts, does not count. */
function find(places: readonly string[]): string | undefined {
  for (const place of places) {
    for (let folder = place; ; folder = dirname(folder)) {
      const manifest = join(folder, "node_modules", packageName, "package.json");
      if (existsSync(manifest)) return entryOf(manifest);
      if (folder === dirname(folder)) break;
    }
  }
  return undefined;
}

function entryOf(manifest: string): string | undefined {
  try {
    return createRequire(manifest).resolve(packageName);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "MODULE_NOT_FOUND") throw error;
    return undefined;
  }
}

function isDockerfileModule(value: unknown): value is DockerfileModule {
  return (
    typeof value === "object" &&
    value !== null &&
    "exportDockerfile" in value &&
    typeof value.exportDockerfile === "function"
  );
}
