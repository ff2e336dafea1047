import path from "node:path";
import { ImageSpecError, type SpecProblem } from "@imagespec/errors";

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
    if (key === "index" && typeof given === "string" && URL.canParse(given)) options = { index: given };
    else problems.push(optionProblem(key, given));
  }
  return { options, problems };
}

function optionProblem(key: string, given: unknown): SpecProblem {
  const pathOf = `builderOptions.${key}`;
  if (key === "index") {
    return {
      code: "SPEC_VALUE",
      path: pathOf,
      message: `"${String(given)}" is not the URL of a package index`,
      hint: "write it like https://host/simple",
    };
  }
  return {
    code: "SPEC_UNKNOWN_FIELD",
    path: pathOf,
    message: `the builder "assemble" has no option "${key}" for a spec`,
    hint: 'use "index", or set what belongs to the machine in the configuration',
  };
}

/** @throws CONFIG_INVALID */
export function assertAbsolute(name: string, folder: string | undefined): void {
  if (folder === undefined || path.isAbsolute(folder)) return;
  throw new ImageSpecError(
    "CONFIG_INVALID",
    `option "${name}" of the builder "assemble" is "${folder}", not an absolute path`,
    {
      hint: "write the path from the root of the file system",
    },
  );
}
