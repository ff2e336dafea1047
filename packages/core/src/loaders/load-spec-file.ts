import { readFile } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import { ImageSpecError, systemCodeOf } from "@imagespec/errors";
import { isMissing, missingFile, unreadableFile } from "../source/missing-file.ts";
import { loadSpecModule } from "./load-spec-module.ts";
import type { SpecFile } from "./loaded-spec.ts";
import { parseSpecText } from "./parse-spec-text.ts";

const formats: Readonly<Record<string, "yaml" | "json" | "module" | "typescript">> = {
  ".yaml": "yaml",
  ".yml": "yaml",
  ".json": "json",
  ".js": "module",
  ".mjs": "module",
  ".cjs": "module",
  ".ts": "typescript",
  ".mts": "typescript",
};

/**
 * Loads the specs of a file: YAML (several documents, or a list under `images`), JSON, or every ImageSpec that a JavaScript
 * or TypeScript module exports. Loading a module runs it.
 *
 * @throws SPEC_FILE_MISSING, SPEC_FILE_UNREADABLE, and what the ImageSpec constructor throws, with `details.file`, `line` and `column`
 */
export async function loadSpecFile(path: string, options: { readonly cwd?: string } = {}): Promise<SpecFile> {
  const absolute = resolve(options.cwd ?? ".", path);
  const format = formats[extname(absolute).toLowerCase()];
  if (format === undefined) {
    throw new ImageSpecError("SPEC_FILE_UNREADABLE", `"${path}" has an unknown ending`, {
      hint: `use one of ${Object.keys(formats).join(", ")}`,
      details: { file: path },
    });
  }
  const text = await readText(path, absolute);
  if (format === "yaml" || format === "json")
    return parseSpecText(text, { file: path, format, root: dirname(absolute) });
  return loadSpecModule(path, absolute, format);
}

async function readText(path: string, absolute: string): Promise<string> {
  try {
    return await readFile(absolute, "utf8");
  } catch (error) {
    if (isMissing(error)) throw await missingFile("spec file", path, absolute);
    if (systemCodeOf(error) === undefined) throw error;
    throw unreadableFile("spec file", path, error);
  }
}
