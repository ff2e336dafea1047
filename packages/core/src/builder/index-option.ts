import type { SpecProblem } from "@imagespec/errors";

/** The part of a builder's options that a spec may give by `builderOptions`: what means the same on every machine. */
export interface IndexOption {
  /** URL of a package index, without a login. */
  readonly index?: string;
}

/** Reads `builderOptions` for a builder whose one option there is the package index. */
export function readIndexOption(
  builder: string,
  value: unknown,
): { readonly options: IndexOption; readonly problems: readonly SpecProblem[] } {
  if (typeof value !== "object" || value === null) return { options: {}, problems: [] };
  const problems: SpecProblem[] = [];
  let options: IndexOption = {};
  for (const [key, given] of Object.entries(value)) {
    if (key === "index" && isIndex(given)) options = { index: given };
    else problems.push(optionProblem(builder, key, given));
  }
  return { options, problems };
}

/** Without a login: what stands in `builderOptions` is in the fingerprint and in the record beside the image. */
function isIndex(given: unknown): given is string {
  return typeof given === "string" && URL.canParse(given) && new URL(given).username === "";
}

function optionProblem(builder: string, key: string, given: unknown): SpecProblem {
  const path = `builderOptions.${key}`;
  if (key === "index") {
    return {
      code: "SPEC_VALUE",
      path,
      message: `"${withoutLogin(String(given))}" is not the URL of a package index without a login`,
      hint: "write it like https://host/simple, and put the login into pipIndex or a netrc file",
    };
  }
  return {
    code: "SPEC_UNKNOWN_FIELD",
    path,
    message: `the builder "${builder}" has no option "${key}" for a spec`,
    hint: 'use "index", or set what belongs to the machine in the configuration',
  };
}

function withoutLogin(text: string): string {
  return text.replace(/\/\/[^/@]*@/, "//…@");
}
