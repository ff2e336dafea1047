import { Enum, type Field, MapField, type Type } from "protobufjs";
import { GoogleError } from "../google-error.ts";
import { typeName } from "./cloud-build-protos.ts";

/** How the value is written: as proto3 JSON, or as the object that the client libraries take. */
export type MessageForm = "json" | "object";

type Values = Readonly<Record<string, unknown>>;

/**
 * Reads a message strictly, as Google's REST front does: a name that the message does not have, a value of another type and
 * an unknown name of an enum are errors that name the place.
 *
 * @throws GoogleError INVALID_ARGUMENT
 */
export function jsonToMessage(type: Type, value: unknown, place = "", form: MessageForm = "json"): object {
  const wellKnown = form === "json" ? readWellKnown(type, value, place) : undefined;
  if (wellKnown !== undefined) return wellKnown;
  if (!isRecord(value)) throw invalid(place, typeName(type), value);
  const message: Record<string, unknown> = {};
  const oneofs = new Map<string, string>();
  for (const [name, given] of Object.entries(value)) {
    if (given === undefined || given === null) continue;
    const field = type.fields[name] ?? type.fields[camelCase(name)];
    if (field === undefined) {
      const at = place === "" ? "" : ` at '${place}'`;
      throw new GoogleError(
        "INVALID_ARGUMENT",
        `Invalid JSON payload received. Unknown name "${name}"${at}: Cannot find field.`,
      );
    }
    const where = place === "" ? snakeCase(field.name) : `${place}.${snakeCase(field.name)}`;
    const oneof = field.partOf;
    if (oneof !== null && oneof.fieldsArray.length > 1) {
      const other = oneofs.get(oneof.name);
      if (other !== undefined) {
        throw new GoogleError(
          "INVALID_ARGUMENT",
          `Invalid value at '${place}' (oneof), oneof field '${oneof.name}' is already set. Cannot set '${field.name}'`,
        );
      }
      oneofs.set(oneof.name, field.name);
    }
    message[field.name] = readField(field, given, where, form);
  }
  return message;
}

function readField(field: Field, value: unknown, place: string, form: MessageForm): unknown {
  if (field instanceof MapField) {
    if (!isRecord(value)) throw invalid(place, "map", value);
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [key, readValue(field, entry, `${place}[${key}]`, form)]),
    );
  }
  if (!field.repeated) return readValue(field, value, place, form);
  if (!Array.isArray(value)) throw invalid(place, "repeated", value);
  return value.map((entry, index) => readValue(field, entry, `${place}[${index}]`, form));
}

function readValue(field: Field, value: unknown, place: string, form: MessageForm): unknown {
  const { resolvedType } = field;
  if (resolvedType instanceof Enum) return readEnum(resolvedType, value, place);
  if (resolvedType !== null) return jsonToMessage(resolvedType, value, place, form);
  switch (field.type) {
    case "string":
      if (typeof value === "string") return value;
      break;
    case "bool":
      if (typeof value === "boolean") return value;
      break;
    case "bytes":
      if (form === "object" && value instanceof Uint8Array) return value;
      if (typeof value === "string" && /^[\w+/-]*={0,2}$/.test(value)) return Buffer.from(value, "base64");
      break;
    case "int32":
    case "uint32":
      if (isInteger(value, 32)) return Number(value);
      break;
    case "int64":
    case "uint64":
      if (isInteger(value, 64)) return String(value);
      // The class Long, which the client libraries take for 64-bit integers.
      if (form === "object" && isRecord(value) && "low" in value && "high" in value) return String(value);
      break;
    case "double":
    case "float":
      if (typeof value === "number") return value;
      break;
  }
  throw invalid(place, `TYPE_${field.type.toUpperCase()}`, value);
}

function readEnum(type: Enum, value: unknown, place: string): string {
  if (typeof value === "string" && value in type.values) return value;
  const name = typeof value === "number" ? type.valuesById[value] : undefined;
  if (name !== undefined) return name;
  throw invalid(place, `type.googleapis.com/${type.fullName.replace(/^\./, "")}`, value);
}

function readWellKnown(type: Type, value: unknown, place: string): object | undefined {
  const name = typeName(type);
  if (name === "google.protobuf.Duration") {
    const match = typeof value === "string" ? /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(value) : null;
    if (match === null) throw invalid(place, `type.googleapis.com/${name}`, value);
    const [, sign, seconds, fraction = ""] = match;
    const factor = sign === "-" ? -1 : 1;
    return { seconds: String(factor * Number(seconds)), nanos: factor * Number(fraction.padEnd(9, "0")) };
  }
  if (name === "google.protobuf.Timestamp") {
    const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(ms)) throw invalid(place, `type.googleapis.com/${name}`, value);
    return { seconds: String(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1e6 };
  }
  return undefined;
}

function isInteger(value: unknown, bits: 32 | 64): boolean {
  if (typeof value === "number") return Number.isSafeInteger(value) && (bits === 64 || Math.abs(value) < 2 ** 32);
  return typeof value === "string" && /^-?\d{1,19}$/.test(value);
}

function invalid(place: string, type: string, value: unknown): GoogleError {
  const shown = typeof value === "string" ? JSON.stringify(value) : String(JSON.stringify(value));
  return new GoogleError("INVALID_ARGUMENT", `Invalid value at '${place}' (${type}), ${shown}`);
}

function isRecord(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
