import { ImageSpecError } from "@imagespec/errors";
import {
  CopyMode,
  dictEntries,
  PythonBytes,
  PythonDate,
  type PythonDict,
  PythonFloat,
  PythonTuple,
  type PythonValue,
} from "../python/python-value.ts";
import { type FlytekitField, type FlytekitSpec, flytekitFields, isNestedSpec } from "../spec/flytekit-spec.ts";
import { pythonDateOf } from "./python-date.ts";

/** JSON data. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** The fields of a spec from JSON, in which `{ "$py": … }` stands for what JSON cannot carry. @throws FLYTEKIT_UNSUPPORTED */
export function decodeSpec(fields: Readonly<Record<string, JsonValue>>, path: string): FlytekitSpec {
  const entries = Object.entries(fields).map(([name, value]) => {
    const place = `${path}.${name}`;
    const nested = name === "base_image" ? nestedFields(value) : undefined;
    return [name, nested === undefined ? decodePython(value, place) : decodeSpec(nested, place)];
  });
  // Names are checked where flytekit checks them: by its constructor.
  return Object.fromEntries(entries) as FlytekitSpec;
}

/** The fields of a spec as JSON: what {@link decodeSpec} reads. */
export function encodeSpec(spec: FlytekitSpec): { readonly [key: string]: JsonValue } {
  const given = flytekitFields.flatMap((field: FlytekitField) => {
    const value: PythonValue | FlytekitSpec | undefined = spec[field];
    if (value === undefined) return [];
    if (field === "base_image" && isNestedSpec(value))
      return [[field, { $py: "ImageSpec", fields: encodeSpec(value) }] as const];
    // A nested spec is told apart above.
    return [[field, encodePython(value as PythonValue)] as const];
  });
  return Object.fromEntries(given);
}

function nestedFields(value: JsonValue): Readonly<Record<string, JsonValue>> | undefined {
  if (!isRecord(value) || value["$py"] !== "ImageSpec") return undefined;
  const { fields } = value;
  return isRecord(fields) ? fields : {};
}

/** A Python value from JSON. @throws FLYTEKIT_UNSUPPORTED for an unknown `$py` */
export function decodePython(value: JsonValue, path: string): PythonValue {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item: JsonValue, index) => decodePython(item, `${path}[${index}]`));
  // An array is told apart above.
  const record = value as { readonly [key: string]: JsonValue };
  const { $py: kind } = record;
  if (kind === undefined)
    return new Map(Object.entries(record).map(([key, item]) => [key, decodePython(item, `${path}.${key}`)]));
  const text = (key: string): string => {
    const found = record[key];
    if (typeof found === "string") return found;
    throw invalid(path, `"${key}" of a ${JSON.stringify(kind)} is not a text`);
  };
  const list = (key: string): readonly JsonValue[] => {
    const found = record[key];
    if (Array.isArray(found)) return found;
    throw invalid(path, `"${key}" of a ${JSON.stringify(kind)} is not a list`);
  };
  switch (kind) {
    case "float":
      return new PythonFloat(parseFloatText(text("repr"), path));
    case "int":
      return parseInteger(text("value"), path);
    case "tuple":
      return new PythonTuple(list("items").map((item, index) => decodePython(item, `${path}[${index}]`)));
    case "dict":
      return new Map(
        list("items").map((pair, index) => {
          const [key = null, item = null] = Array.isArray(pair) ? pair : [];
          return [decodePython(key, `${path}[${index}]`), decodePython(item, `${path}[${index}]`)];
        }),
      );
    case "path":
      return text("value");
    case "bytes":
      return new PythonBytes(Buffer.from(text("base64"), "base64"));
    case "date":
    case "datetime":
      return pythonDateOf(text("iso")) ?? unreadable(path, text("iso"));
    case "CopyFileDetection":
      return copyModeOf(text("name"), path);
    default:
      throw invalid(path, `a Python value of kind ${JSON.stringify(kind)} cannot be read`);
  }
}

/** A Python value as JSON: what {@link decodePython} reads. */
export function encodePython(value: PythonValue): JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "bigint") return { $py: "int", value: String(value) };
  if (typeof value === "number") {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) return value;
    return Number.isInteger(value) && !Object.is(value, -0)
      ? { $py: "int", value: BigInt(value).toString() }
      : encodeFloat(value);
  }
  if (value instanceof PythonFloat) return encodeFloat(value.value);
  if (value instanceof PythonTuple) return { $py: "tuple", items: value.items.map(encodePython) };
  if (value instanceof CopyMode) return { $py: "CopyFileDetection", name: value.name };
  if (value instanceof PythonBytes) return { $py: "bytes", base64: Buffer.from(value.bytes).toString("base64") };
  if (value instanceof PythonDate) return { $py: value.isDateTime ? "datetime" : "date", iso: value.iso };
  if (Array.isArray(value)) return value.map(encodePython);
  // What is left is a Map or a plain object.
  const entries = dictEntries(value as PythonDict | { readonly [key: string]: PythonValue });
  const isPlain = entries.every(([key]) => typeof key === "string" && key !== "$py" && !/^\d+$/.test(key));
  if (!isPlain) return { $py: "dict", items: entries.map(([key, item]) => [encodePython(key), encodePython(item)]) };
  return Object.fromEntries(entries.map(([key, item]) => [String(key), encodePython(item)]));
}

function encodeFloat(value: number): JsonValue {
  const text = Number.isNaN(value) ? "nan" : value === Infinity ? "inf" : value === -Infinity ? "-inf" : String(value);
  return { $py: "float", repr: Object.is(value, -0) ? "-0.0" : text };
}

function parseFloatText(text: string, path: string): number {
  const special: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Infinity, "-inf": -Infinity };
  const value = special[text] ?? (/^-?\d/.test(text) ? Number(text) : Number.NaN);
  if (Number.isNaN(value) && text !== "nan") throw invalid(path, `"${text}" is not a float`);
  return value;
}

function parseInteger(text: string, path: string): bigint {
  if (/^-?\d+$/.test(text)) return BigInt(text);
  throw invalid(path, `"${text}" is not an int`);
}

function copyModeOf(name: string, path: string): CopyMode {
  if (name === "LOADED_MODULES" || name === "ALL" || name === "NO_COPY") return CopyMode[name];
  throw invalid(path, `"${name}" is not a copy mode`);
}

function unreadable(path: string, text: string): never {
  throw invalid(path, `"${text}" is not a date`);
}

function invalid(path: string, message: string): ImageSpecError {
  return new ImageSpecError("FLYTEKIT_UNSUPPORTED", `${path}: ${message}`, {
    hint: "write the value as the schema of flytekit requests says",
    problems: [{ code: "FLYTEKIT_UNSUPPORTED", path, message }],
  });
}

export function isRecord(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
