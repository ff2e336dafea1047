import { createHash } from "node:crypto";
import { pythonRepr } from "../python/python-repr.ts";
import type { PythonValue } from "../python/python-value.ts";
import { type ConstructedSpec, NestedSpec } from "./construct-spec.ts";
import { flytekitFields } from "./flytekit-spec.ts";

/** Not in any hash. */
const excluded: ReadonlySet<string> = new Set(["builder", "pip_secret_mounts", "runtime_packages"]);

/** The text that flytekit hashes: a dict of the fields that are not `None`, as Python's `repr` says it. */
export function specText(spec: ConstructedSpec, python: string): string {
  return pythonRepr(hashedFields(spec), python);
}

/** MD5 of a text, as URL-safe base64 without padding: 22 characters. */
export function hashText(text: string): string {
  return createHash("md5").update(text, "utf8").digest("base64url");
}

function hashedFields(spec: ConstructedSpec): PythonValue {
  const entries = flytekitFields.flatMap((field): readonly (readonly [string, PythonValue])[] => {
    if (excluded.has(field)) return [];
    const value = spec[field];
    if (value === undefined || value === null) return [];
    return [[field, value instanceof NestedSpec ? hashedFields(value.spec) : value]];
  });
  return new Map<PythonValue, PythonValue>(entries);
}
