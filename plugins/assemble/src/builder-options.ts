import path from "node:path";
import { ImageSpecError, type SpecProblem } from "@imagespec/errors";
import type { AssembleBuilderOptions } from "./assemble-builder-options.ts";

/** The part of the options that a spec may give by `builderOptions`: what means the same on every machine. */
export interface SpecOptions {
  readonly index?: string;
}

/** Reads `builderOptions` of a spec that names this builder. */
export function specOptions(value: unknown): {
  readonly options: SpecOptions;
  readonly problems: readonly SpecProblem[];
} {
  if (typeof value !== "object" || value === null) return { options: {}, problems: [] };
  const problems: SpecProblem[] = [];
  let options: SpecOptions = {};
  for (const [key, given] of Object.entries(value)) {
    if (key === "index" && isIndex(given)) options = { index: given };
    else problems.push(optionProblem(key, given));
  }
  return { options, problems };
}

/** Without a login: what stands in `builderOptions` is in the fingerprint and in the record beside the image. */
function isIndex(given: unknown): given is string {
  return typeof given === "string" && URL.canParse(given) && new URL(given).username === "";
}

function optionProblem(key: string, given: unknown): SpecProblem {
  const pathOf = `builderOptions.${key}`;
  if (key === "index") {
    return {
      code: "SPEC_VALUE",
      path: pathOf,
      message: `"${withoutLogin(String(given))}" is not the URL of a package index without a login`,
      hint: "write it like https://host/simple, and put the login into pipIndex or a netrc file",
    };
  }
  return {
    code: "SPEC_UNKNOWN_FIELD",
    path: pathOf,
    message: `the builder "assemble" has no option "${key}" for a spec`,
    hint: 'use "index", or set what belongs to the machine in the configuration',
  };
}

function withoutLogin(text: string): string {
  return text.replace(/\/\/[^/@]*@/, "//…@");
}

/** Checks the options of the factory. @throws CONFIG_INVALID */
export function assertOptions({ cacheFolder, debian = {} }: AssembleBuilderOptions): void {
  if (cacheFolder !== undefined && !path.isAbsolute(cacheFolder))
    throw invalid(
      "cacheFolder",
      cacheFolder,
      "not an absolute path",
      "write the path from the root of the file system",
    );
  for (const [area, url] of Object.entries(debian)) {
    if (!/^https?:\/\//.test(url))
      throw invalid(`debian.${area}`, url, "not a URL", "write it like https://deb.debian.org/debian");
  }
}

function invalid(name: string, value: string, problem: string, hint: string): ImageSpecError {
  return new ImageSpecError("CONFIG_INVALID", `option "${name}" of the builder "assemble" is "${value}", ${problem}`, {
    hint,
  });
}
