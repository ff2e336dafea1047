import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type ResolvedImageSpec, resolveImageSpec } from "@imagespec/core";
import { ImageSpecError, messageOf } from "@imagespec/errors";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { usageError } from "../arguments/usage-error.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { loadSpecs } from "../specs/load-specs.ts";

const packageName = "@imagespec/dockerfile";

/** `imagespec export` */
export const exportCommand: Command = {
  name: "export",
  usage: ["dockerfile [FILE] [options]"],
  description: [
    `Writes a spec in the form of another tool: a Dockerfile with its build context. The package ${packageName} does\nit, and has to be installed beside imagespec.`,
  ],
  options: {
    output: { type: "text", value: "FOLDER", short: "o", summary: "where to write to (default: the spec's name)" },
  },
  maxPositionals: 2,
  run,
};

/** What the package offers. */
interface DockerfileModule {
  readonly exportDockerfile: (
    spec: ResolvedImageSpec,
    options: { readonly folder: string; readonly signal: AbortSignal },
  ) => Promise<{ readonly files: readonly string[] }>;
}

async function run(args: ParsedArguments, context: CommandContext): Promise<number> {
  const { cwd, stdout, signal } = context;
  const [what, file] = args.positionals;
  if (what !== "dockerfile") {
    throw usageError(
      what === undefined ? '"export" needs to know what to write' : `"export" cannot write "${what}"`,
      'write "imagespec export dockerfile"',
    );
  }
  const { exportDockerfile } = await loadDockerfile(cwd);
  const [loaded, ...others] = await loadSpecs(file === undefined ? [] : [file], context);
  if (loaded === undefined || others.length > 0)
    throw usageError(
      `the file has ${others.length + (loaded === undefined ? 0 : 1)} specs, one can be exported`,
      "name a file with one spec",
    );
  const resolved = await resolveImageSpec(loaded.spec, { root: loaded.root, signal });
  const folder = resolve(cwd, args.text("output") ?? resolved.name?.replaceAll("/", "-") ?? "image");
  const { files } = await exportDockerfile(resolved, { folder, signal });
  for (const written of files) stdout.write(`${written}\n`);
  return 0;
}

/** The package of the project, else the one beside this package. @throws PLUGIN_NOT_FOUND */
async function loadDockerfile(cwd: string): Promise<DockerfileModule> {
  const hint = `run npm install --save-dev ${packageName}`;
  const path = find([join(cwd, "package.json"), import.meta.url]);
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

function find(places: readonly string[]): string | undefined {
  for (const place of places) {
    try {
      return createRequire(place).resolve(packageName);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  return undefined;
}

function isDockerfileModule(value: unknown): value is DockerfileModule {
  return (
    typeof value === "object" &&
    value !== null &&
    "exportDockerfile" in value &&
    typeof value.exportDockerfile === "function"
  );
}
