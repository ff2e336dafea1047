import { ImageSpecError } from "@imagespec/errors";
import { quote } from "../quote.ts";

/** Facts of a field that does not hold what it must. */
export interface FieldProblem {
  /** What the field must be, such as "a list of texts". */
  readonly expected: string;
  readonly hint?: string;
  readonly cause?: unknown;
}

/** The `MANIFEST_INVALID` error of a field, naming its path and value. */
export function invalidField(path: string, value: unknown, problem: FieldProblem): ImageSpecError {
  const { expected, hint = `write ${expected} in "${path}"`, cause } = problem;
  const message = value === undefined ? `"${path}" is missing` : `"${path}" is ${show(value)}, not ${expected}`;
  return new ImageSpecError("MANIFEST_INVALID", message, { hint, cause, details: { path } });
}

/** A value for a message: scalars as they are, the rest by its kind. */
function show(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (value === null) return '"null"';
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return quote(String(value));
}

/** The path of a field of an object; names that are not plain words stand in brackets. */
export function fieldPath(path: string, key: string): string {
  return /^[A-Za-z_][\w.]*$/.test(key) ? `${path}.${key}` : `${path}[${quote(key)}]`;
}

/**
 * Reads the fields of a JSON object by kind, with errors that name the path.
 *
 * An optional field that is null counts as absent: Go programs write their empty lists and maps so.
 */
export class JsonObjectReader {
  readonly path: string;
  readonly #fields: ReadonlyMap<string, unknown>;

  /** @throws `MANIFEST_INVALID` when the value is not an object */
  constructor(value: unknown, path: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw invalidField(path, value, { expected: "an object" });
    this.path = path;
    this.#fields = new Map(Object.entries(value));
  }

  keys(): readonly string[] {
    return [...this.#fields.keys()];
  }

  /** The value; undefined when absent or null. */
  get(key: string): unknown {
    return this.#fields.get(key) ?? undefined;
  }

  /** The value as it is in the JSON, null included. */
  raw(key: string): unknown {
    return this.#fields.get(key);
  }

  at(key: string): string {
    return fieldPath(this.path, key);
  }

  invalid(key: string, problem: FieldProblem): ImageSpecError {
    return invalidField(this.at(key), this.#fields.get(key), problem);
  }

  string(key: string, problem: FieldProblem = { expected: "a text" }): string {
    const value = this.get(key);
    if (typeof value !== "string") throw this.invalid(key, problem);
    return value;
  }

  optionalString(key: string): string | undefined {
    return this.get(key) === undefined ? undefined : this.string(key);
  }

  optionalBoolean(key: string): boolean | undefined {
    const value = this.get(key);
    if (value !== undefined && typeof value !== "boolean") throw this.invalid(key, { expected: "true or false" });
    return value;
  }

  optionalList<T>(key: string, readItem: (value: unknown, path: string) => T): readonly T[] | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw this.invalid(key, { expected: "a list" });
    return value.map((item: unknown, index) => readItem(item, `${this.at(key)}[${index}]`));
  }

  optionalStrings(key: string): readonly string[] | undefined {
    return this.optionalList(key, (value, path) => {
      if (typeof value !== "string") throw invalidField(path, value, { expected: "a text" });
      return value;
    });
  }

  optionalMap<T>(key: string, readValue: (value: unknown, path: string) => T): Readonly<Record<string, T>> | undefined {
    if (this.get(key) === undefined) return undefined;
    const map = new JsonObjectReader(this.get(key), this.at(key));
    // Object.fromEntries defines own properties, so that a key "__proto__" is one like any other.
    return Object.fromEntries(map.keys().map((name) => [name, readValue(map.raw(name), map.at(name))]));
  }

  optionalStringMap(key: string): Readonly<Record<string, string>> | undefined {
    return this.optionalMap(key, (value, path) => {
      if (typeof value !== "string") throw invalidField(path, value, { expected: "a text" });
      return value;
    });
  }
}
