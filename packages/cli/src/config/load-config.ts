import { readFile } from "node:fs/promises";
import { dirname, extname, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { ImageSpecError, isImageSpecError, messageOf } from "@imagespec/errors";
import type { ImageSpecConfig } from "./config.ts";
import { findConfig } from "./find-config.ts";
import { validateConfig } from "./validate-config.ts";

export interface LoadedConfig {
  readonly config: ImageSpecConfig;
  /** Absolute; nothing without a file. */
  readonly file: string | undefined;
  /** What the paths in it are relative to. */
  readonly folder: string;
}

/**
 * The configuration of the project that a folder is in, empty without a file. A module is run.
 *
 * @throws CONFIG_INVALID
 */
export async function loadConfig(cwd: string): Promise<LoadedConfig> {
  const file = findConfig(cwd);
  if (file === undefined) return { config: {}, file, folder: cwd };
  const name = relative(cwd, file);
  try {
    return { config: validateConfig(await read(file), name), file, folder: dirname(file) };
  } catch (error) {
    if (isImageSpecError(error)) throw error;
    throw new ImageSpecError("CONFIG_INVALID", `"${name}" cannot be read: ${messageOf(error)}`, {
      hint: "correct the file, or remove it",
      details: { file: name },
      cause: error,
    });
  }
}

async function read(file: string): Promise<unknown> {
  switch (extname(file)) {
    case ".json":
      return JSON.parse(await readFile(file, "utf8"));
    case ".yaml":
      return (await import("yaml")).parse(await readFile(file, "utf8"), { prettyErrors: true }) ?? {};
    case ".ts":
    case ".mts":
      return defaultExport(await importTypeScript(file));
    default:
      return defaultExport(await import(pathToFileURL(file).href));
  }
}

async function importTypeScript(file: string): Promise<unknown> {
  // Node.js strips types by itself from 22.18 on; older ones need a loader.
  if (Reflect.get(process.features, "typescript")) return import(pathToFileURL(file).href);
  const { createJiti } = await import("jiti");
  return createJiti(import.meta.url, { moduleCache: false }).import(file);
}

function defaultExport(module: unknown): unknown {
  return typeof module === "object" && module !== null && "default" in module ? module.default : undefined;
}
