import type { SpecProblem } from "@imagespec/errors";
import { checkShape, isPlainObject, memberPath, shown, unknownField } from "./check-shape.ts";
import { problemAt } from "./field-shape.ts";
import type { ImageSpecInput } from "./image-spec-input.ts";
import { type IndexLogin, splitLogin } from "./index-login.ts";
import { splitOptions } from "./pip-options.ts";
import { carriedLogins, isImageSpecValue, loginsOf } from "./spec-brand.ts";
import { inputFieldNames, specFields } from "./spec-fields.ts";
import { specError } from "./spec-problems.ts";
import { checkSpecRules } from "./spec-rules.ts";

/** Specs that stand on each other. */
const maxBases = 20;

export interface CheckedSpec {
  /** The fields that were given, validated and deeply frozen. */
  readonly fields: ImageSpecInput;
  readonly logins: readonly IndexLogin[];
}

/**
 * Checks everything about a spec that needs no file.
 *
 * @throws SPEC_INVALID with all problems, or the code of the only one
 */
export function readSpecInput(input: unknown, known: readonly IndexLogin[]): CheckedSpec {
  const problems: SpecProblem[] = [];
  const checked = check(input, "", known, problems, []);
  if (problems.length > 0) throw specError(problems);
  return checked;
}

function check(
  input: unknown,
  path: string,
  known: readonly IndexLogin[],
  problems: SpecProblem[],
  above: readonly unknown[],
): CheckedSpec {
  if (!isImageSpecValue(input) && !isPlainObject(input)) {
    problems.push(
      problemAt(path, {
        code: "SPEC_TYPE",
        message: `${shown(input)} is not a spec`,
        hint: "write a mapping of fields",
      }),
    );
    return { fields: {}, logins: [] };
  }
  if (above.includes(input)) {
    problems.push(problemAt(path, { message: "the spec is its own base", hint: "name another base image" }));
    return { fields: {}, logins: [] };
  }
  if (above.length >= maxBases) {
    problems.push(
      problemAt(path, { message: `more than ${maxBases} specs stand on each other`, hint: "build some of them first" }),
    );
    return { fields: {}, logins: [] };
  }
  const { values, logins } = withoutLogins(input);
  const context = {
    problems,
    isSpec: isImageSpecValue,
    nested: (value: object, nestedPath: string) => {
      if (isImageSpecValue(value)) return value;
      const nested = check(value, nestedPath, loginsOf(value), problems, [...above, input]);
      return Object.freeze(Object.defineProperty({ ...nested.fields }, carriedLogins, { value: nested.logins }));
    },
  };
  const kept: [string, unknown][] = [];
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const fieldPath = memberPath(path, name);
    // `hasOwn` makes the name a key of the table.
    const field = Object.hasOwn(specFields, name) ? specFields[name as keyof typeof specFields] : undefined;
    if (field === undefined) problems.push(unknownField(name, fieldPath, inputFieldNames));
    else {
      const result = checkShape(value, field.shape, fieldPath, context);
      if (result !== undefined) kept.push([name, result]);
    }
  }
  const order = (name: string) => inputFieldNames.indexOf(name);
  // The shapes in the table describe exactly the fields of ImageSpecInput; what failed its shape is absent.
  const fields = Object.fromEntries(kept.sort(([a], [b]) => order(a) - order(b))) as ImageSpecInput;
  const all = mergeLogins([...known, ...logins], path, problems);
  checkSpecRules(fields, path, problems);
  return { fields, logins: all };
}

/** Takes the credentials out of every URL of a spec, before any message can show one. */
function withoutLogins(input: object): {
  readonly values: Record<string, unknown>;
  readonly logins: readonly IndexLogin[];
} {
  const logins: IndexLogin[] = [];
  const strip = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(strip);
    if (typeof value !== "string") return value;
    const at = value.search(/(?:git\+)?https?:\/\//i);
    if (at === -1) return value;
    const { url, login } = splitLogin(value.slice(at));
    if (login !== undefined) logins.push(login);
    return value.slice(0, at) + url;
  };
  const values: Record<string, unknown> = { ...input };
  for (const name of ["pipIndex", "pipExtraIndexUrl", "packages", "runtimePackages", "condaChannels"]) {
    if (values[name] !== undefined) values[name] = strip(values[name]);
  }
  const { pipExtraArgs } = values;
  const options = typeof pipExtraArgs === "string" ? splitOptions(pipExtraArgs) : undefined;
  if (options?.some((option) => strip(option) !== option))
    values["pipExtraArgs"] = options.map((option) => quoted(String(strip(option)))).join(" ");
  return { values, logins };
}

function quoted(option: string): string {
  return /^[^\s"'\\]+$/.test(option) ? option : `"${option.replace(/["\\]/g, "\\$&")}"`;
}

function mergeLogins(logins: readonly IndexLogin[], path: string, problems: SpecProblem[]): readonly IndexLogin[] {
  const byOrigin = new Map<string, IndexLogin>();
  for (const login of logins) {
    const before = byOrigin.get(login.origin);
    if (before !== undefined && before.login.reveal() !== login.login.reveal()) {
      problems.push(
        problemAt(path, {
          code: "SPEC_CONFLICT",
          message: `URLs of "${login.origin}" carry different credentials`,
          hint: "use one login for each host",
        }),
      );
    }
    byOrigin.set(login.origin, login);
  }
  return Object.freeze([...byOrigin.values()]);
}
