import { Enum, type Field, MapField, type Type } from "protobufjs";
import { typeName } from "./cloud-build-protos.ts";

/** How a message is written. */
export interface MessageToJsonOptions {
  /** Enums as numbers, as clients ask for with `$alt=json;enum-encoding=int`. */
  readonly numericEnums: boolean;
}

type Values = Readonly<Record<string, unknown>>;

/** Writes a plain message as proto3 JSON. */
export function messageToJson(type: Type, message: object, options: MessageToJsonOptions): unknown {
  // Messages are plain objects by the names of their fields.
  const values = message as Values;
  const name = typeName(type);
  if (name === "google.protobuf.Timestamp") return new Date(milliseconds(values)).toISOString();
  if (name === "google.protobuf.Duration") return `${milliseconds(values) / 1000}s`;
  const json: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    const value = values[field.name];
    if (value === undefined || value === null) continue;
    json[field.name] = writeField(field, value, options);
  }
  return json;
}

function writeField(field: Field, value: unknown, options: MessageToJsonOptions): unknown {
  const write = (one: unknown) => writeValue(field, one, options);
  if (field instanceof MapField) {
    // A map field holds an object.
    return Object.fromEntries(Object.entries(value as Values).map(([key, one]) => [key, write(one)]));
  }
  return Array.isArray(value) ? value.map(write) : write(value);
}

function writeValue(field: Field, value: unknown, options: MessageToJsonOptions): unknown {
  const { resolvedType } = field;
  if (resolvedType instanceof Enum) {
    return options.numericEnums && typeof value === "string" ? (resolvedType.values[value] ?? 0) : value;
  }
  // A field of a message type holds an object.
  if (resolvedType !== null) return messageToJson(resolvedType, value as object, options);
  if (field.type === "bytes") return Buffer.from(value as Uint8Array).toString("base64");
  return field.type === "int64" || field.type === "uint64" ? String(value) : value;
}

function milliseconds(values: Values): number {
  return Number(values["seconds"] ?? 0) * 1000 + Number(values["nanos"] ?? 0) / 1e6;
}
