import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { AwsError } from "../aws-error.ts";

interface Shape {
  readonly type: string;
  readonly members?: Readonly<Record<string, { readonly shape: string }>>;
  readonly member?: { readonly shape: string };
  readonly key?: { readonly shape: string };
  readonly value?: { readonly shape: string };
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
}

interface Model {
  readonly operations: Readonly<Record<string, { readonly input?: { readonly shape: string } }>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

/** AWS's own description of a service, as botocore publishes it: names, types, enums, lengths, patterns. */
export interface ServiceModel {
  readonly operations: readonly string[];
  /**
   * All that is wrong with the input of an operation, in the words of AWS's validation.
   *
   * @throws AwsError SerializationException when a value has another type than the service knows
   */
  problems(operation: string, input: unknown): readonly string[];
}

/** @param folder of the Python modules that botocore is among */
export async function loadServiceModel(folder: string, service: string): Promise<ServiceModel> {
  const versions = path.join(folder, "botocore", "data", service);
  const newest = (await readdir(versions)).sort().at(-1) ?? "";
  const text = gunzipSync(await readFile(path.join(versions, newest, "service-2.json.gz"))).toString();
  // botocore's documents have this shape.
  return createServiceModel(JSON.parse(text) as Model);
}

function createServiceModel(model: Model): ServiceModel {
  return {
    operations: Object.keys(model.operations),
    problems(operation, input) {
      const shape = model.operations[operation]?.input?.shape;
      const found: string[] = [];
      if (shape !== undefined) checkValue(model, shape, input, "", found);
      return found;
    },
  };
}

function checkValue(model: Model, name: string, value: unknown, at: string, found: string[]): void {
  const shape = model.shapes[name];
  if (shape === undefined) throw new TypeError(`the service model has no shape "${name}"`);
  const fail = (constraint: string) => {
    const shown = typeof value === "string" || typeof value === "number" ? `'${value}'` : JSON.stringify(value);
    found.push(`Value ${shown} at '${at}' failed to satisfy constraint: ${constraint}`);
  };
  switch (shape.type) {
    case "structure":
      checkStructure(model, shape, value, at, found);
      return;
    case "list": {
      if (!Array.isArray(value)) throw unexpected(at, "a list");
      checkLength(shape, value.length, fail);
      for (const [index, entry] of value.entries()) {
        checkValue(model, shape.member?.shape ?? "", entry, `${at}.${index + 1}.member`, found);
      }
      return;
    }
    case "map": {
      for (const [key, entry] of Object.entries(asObject(value, at))) {
        checkValue(model, shape.key?.shape ?? "", key, `${at}.key`, found);
        checkValue(model, shape.value?.shape ?? "", entry, `${at}.${key}.value`, found);
      }
      return;
    }
    case "string": {
      if (typeof value !== "string") throw unexpected(at, "a string");
      if (shape.enum !== undefined && !shape.enum.includes(value)) {
        fail(`Member must satisfy enum value set: [${shape.enum.join(", ")}]`);
        return;
      }
      checkLength(shape, value.length, fail);
      if (shape.pattern !== undefined && !new RegExp(`^(?:${shape.pattern})$`).test(value)) {
        fail(`Member must satisfy regular expression pattern: ${shape.pattern}`);
      }
      return;
    }
    case "integer":
    case "long":
    case "float":
    case "double": {
      if (typeof value !== "number") throw unexpected(at, "a number");
      if (shape.min !== undefined && value < shape.min)
        fail(`Member must have value greater than or equal to ${shape.min}`);
      if (shape.max !== undefined && value > shape.max)
        fail(`Member must have value less than or equal to ${shape.max}`);
      return;
    }
    case "boolean":
      if (typeof value !== "boolean") throw unexpected(at, "a boolean");
      return;
    default:
      return;
  }
}

function checkStructure(model: Model, shape: Shape, value: unknown, at: string, found: string[]): void {
  const object = asObject(value, at);
  const below = (member: string) => (at === "" ? member : `${at}.${member}`);
  for (const member of shape.required ?? []) {
    if (object[member] === undefined || object[member] === null) {
      found.push(`Value null at '${below(member)}' failed to satisfy constraint: Member must not be null`);
    }
  }
  // AWS ignores members that it does not know.
  for (const [member, { shape: name }] of Object.entries(shape.members ?? {})) {
    const entry = object[member];
    if (entry !== undefined && entry !== null) checkValue(model, name, entry, below(member), found);
  }
}

function asObject(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unexpected(at, "an object");
  // Checked in the line above.
  return value as Record<string, unknown>;
}

function checkLength(shape: Shape, length: number, fail: (constraint: string) => void): void {
  if (shape.min !== undefined && length < shape.min)
    fail(`Member must have length greater than or equal to ${shape.min}`);
  if (shape.max !== undefined && length > shape.max) fail(`Member must have length less than or equal to ${shape.max}`);
}

function unexpected(at: string, expected: string): AwsError {
  return new AwsError("SerializationException", `Unexpected value at '${at}', expected ${expected}`);
}
