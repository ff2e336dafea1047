import { GoogleError } from "../google-error.ts";
import type { Build, BuildStep } from "./build.ts";

// Grammar, fields and checks: cloud-build-local, subst/subst.go and validate/validate.go; which keys exist: "Substituting variable values" in the documentation.
const template = /\$(?:\$|\{([A-Z_][A-Z0-9_]*)\}|([A-Z_][A-Z0-9_]*))/g;
const triggerKeys = [
  ...[
    "TRIGGER_NAME",
    "TRIGGER_BUILD_CONFIG_PATH",
    "REPO_NAME",
    "REPO_FULL_NAME",
    "BRANCH_NAME",
    "TAG_NAME",
    "REF_NAME",
  ],
  ...["REVISION_ID", "COMMIT_SHA", "SHORT_SHA", "SERVICE_ACCOUNT_EMAIL", "SERVICE_ACCOUNT"],
];

/** Values of the keys that the service itself fills in. */
export interface BuiltInValues {
  readonly PROJECT_ID: string;
  readonly PROJECT_NUMBER: string;
  readonly BUILD_ID: string;
  readonly LOCATION: string;
}

/** All keys of a build with their values: what `automapSubstitutions` puts into the environment. */
export function substitutionValues(build: Build, builtIn: BuiltInValues): ReadonlyMap<string, string> {
  const values = new Map<string, string>(triggerKeys.map((key) => [key, ""]));
  for (const [key, value] of Object.entries({ ...builtIn, ...build.substitutions })) values.set(key, value);
  return values;
}

/**
 * Replaces `$KEY` and `${KEY}` in the fields that the service looks at, and `$$` by `$`. Scripts, the source and the log bucket
 * are left as they are.
 *
 * @throws GoogleError INVALID_ARGUMENT for a built-in key that there is not, and under MUST_MATCH for a user's key without value or
 *   value without key
 */
export function substitute(build: Build, values: ReadonlyMap<string, string>): void {
  const loose = build.options?.substitutionOption === "ALLOW_LOOSE";
  const used = new Set<string>();
  const replace = (text: string): string =>
    text.replace(template, (match: string, braced?: string, bare?: string) => {
      if (match === "$$") return "$";
      const key = braced ?? bare ?? "";
      used.add(key);
      const value = values.get(key);
      if (value !== undefined) return value;
      if (!key.startsWith("_")) {
        // Also under ALLOW_LOOSE.
        throw new GoogleError(
          "INVALID_ARGUMENT",
          `invalid value for 'build.substitutions': key in the template "${key}" is not a valid built-in substitution`,
        );
      }
      if (loose) return "";
      throw new GoogleError(
        "INVALID_ARGUMENT",
        `key in the template "${key}" is not matched in the substitution data; substitutions = ${goMap(build)}`,
      );
    });
  for (const step of build.steps ?? []) substituteStep(step, replace);
  if (build.images !== undefined) build.images = build.images.map(replace);
  if (build.tags !== undefined) build.tags = build.tags.map(replace);
  const automap =
    build.options?.automapSubstitutions === true || build.steps?.some((step) => step.automapSubstitutions);
  for (const key of Object.keys(build.substitutions ?? {})) {
    if (used.has(key) || loose || automap === true) continue;
    throw new GoogleError(
      "INVALID_ARGUMENT",
      `invalid value for 'build.substitutions': key "${key}" in the substitution data is not matched in the template`,
    );
  }
}

function substituteStep(step: BuildStep, replace: (text: string) => string): void {
  if (step.name !== undefined) step.name = replace(step.name);
  if (step.args !== undefined) step.args = step.args.map(replace);
  if (step.env !== undefined) step.env = step.env.map(replace);
  if (step.dir !== undefined) step.dir = replace(step.dir);
  if (step.entrypoint !== undefined) step.entrypoint = replace(step.entrypoint);
}

/** As Go prints a map. */
function goMap(build: Build): string {
  const entries = Object.entries(build.substitutions ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, value]) => `${key}:${value}`).join(" ")}]`;
}
