import { type SpecProblem, suggest } from "@imagespec/errors";
import { type ObjectField, problemAt, type Shape, type TextShape } from "./field-shape.ts";

const surrogate = /\p{Surrogate}/u;
/** Lists and mappings inside of each other, in options for a builder. */
const maxJsonDepth = 100;

/** Called for a spec inside of a spec; returns what to keep. */
export type NestedSpecCheck = (value: object, path: string) => unknown;

export interface ShapeCheckContext {
  readonly problems: SpecProblem[];
  readonly nested: NestedSpecCheck;
  readonly isSpec: (value: object) => boolean;
}

/** Checks a value against its shape and returns a deeply frozen copy; problems go to the context. */
export function checkShape(value: unknown, shape: Shape, path: string, context: ShapeCheckContext): unknown {
  const refuse = (message: string, hint?: string) => {
    context.problems.push(problemAt(path, { code: "SPEC_TYPE", message, ...(hint === undefined ? {} : { hint }) }));
    return undefined;
  };
  switch (shape.kind) {
    case "text":
      return checkText(value, shape, path, context);
    case "boolean":
      return typeof value === "boolean"
        ? value
        : refuse(`${shown(value)} is ${typeName(value)}, not true or false`, "write true or false, without quotes");
    case "choice":
      if (typeof value === "string" && shape.values.includes(value)) return value;
      return refuseChoice(value, shape.values, path, context);
    case "list":
      if (!Array.isArray(value))
        return refuse(`${shown(value)} is ${typeName(value)}, a list belongs here`, listHint(value, shape.item));
      if (value.length < (shape.minItems ?? 0))
        return refuse("the list is empty", "name at least one, or leave the field out");
      return Object.freeze(
        Array.from(value, (item: unknown, index) => checkShape(item, shape.item, `${path}[${index}]`, context)),
      );
    case "pair":
      if (!Array.isArray(value) || value.length !== 2) {
        return refuse(
          `${shown(value)} is not a pair`,
          `write a list of two: [${shape.items[0].what}, ${shape.items[1].what}]`,
        );
      }
      return Object.freeze(
        shape.items.map((item, index) => checkText(value[index], item, `${path}[${index}]`, context)),
      );
    case "record":
      if (!isPlainObject(value)) {
        return refuse(`${shown(value)} is ${typeName(value)}, a mapping belongs here`, recordHint(value));
      }
      return Object.freeze(
        Object.fromEntries(
          Object.entries(value)
            .filter(([, item]) => item !== undefined)
            .map(([key, item]) => {
              const itemPath = memberPath(path, key);
              checkText(key, shape.key, itemPath, context);
              return [key, checkShape(item, shape.value, itemPath, context)];
            }),
        ),
      );
    case "object":
      return checkObject(value, shape, path, context);
    case "json-object":
      if (!isPlainObject(value)) return refuse(`${shown(value)} is ${typeName(value)}, a mapping belongs here`);
      return checkJson(value, path, context, []);
    case "text-or":
      if (typeof value === "object" && value !== null) return checkShape(value, shape.other, path, context);
      return checkText(value, shape.text, path, context);
    case "base-image":
      if (typeof value !== "object" || value === null || Array.isArray(value))
        return checkText(value, shape.text, path, context);
      return Object.hasOwn(value, "debian") && !context.isSpec(value)
        ? checkShape(value, shape.debian, path, context)
        : context.nested(value, path);
  }
}

function checkText(value: unknown, shape: TextShape, path: string, context: ShapeCheckContext): unknown {
  if (typeof value !== "string") {
    const hint = Array.isArray(value)
      ? value.length === 1 && typeof value[0] === "string"
        ? `write ${JSON.stringify(value[0])} without the brackets`
        : "write one value in quotes"
      : typeof value === "number" || typeof value === "boolean" || typeof value === "bigint"
        ? (shape.numberHint ?? `quote it: "${value}"`)
        : undefined;
    const message = `${shown(value)} is ${typeName(value)}, a string belongs here (${shape.what})`;
    context.problems.push(problemAt(path, { code: "SPEC_TYPE", message, ...(hint === undefined ? {} : { hint }) }));
    return undefined;
  }
  const finding = value.includes("\0")
    ? { message: `${shown(value)} contains a NUL character`, hint: "remove it: no Linux interface can carry it" }
    : surrogate.test(value)
      ? { message: `${shown(value)} contains half of a surrogate pair`, hint: "write well-formed Unicode text" }
      : shape.check?.(value);
  if (finding !== undefined) context.problems.push(problemAt(path, finding));
  return value;
}

function refuseChoice(value: unknown, values: readonly string[], path: string, context: ShapeCheckContext): undefined {
  const meant = typeof value === "string" ? suggest(value, values) : undefined;
  const list = values.map((item) => `"${item}"`).join(", ");
  context.problems.push(
    problemAt(path, {
      code: typeof value === "string" ? "SPEC_VALUE" : "SPEC_TYPE",
      message: `${shown(value)} is not one of ${list}`,
      hint: meant === undefined ? `use one of ${list}` : `did you mean "${meant}"?`,
    }),
  );
  return undefined;
}

function checkObject(
  value: unknown,
  shape: Extract<Shape, { kind: "object" }>,
  path: string,
  context: ShapeCheckContext,
): unknown {
  if (!isPlainObject(value)) {
    const message = `${shown(value)} is ${typeName(value)}, ${shape.what} belongs here`;
    context.problems.push(
      problemAt(path, { code: "SPEC_TYPE", message, hint: `write a mapping with ${namesOf(shape.fields)}` }),
    );
    return undefined;
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  const kept: [string, unknown][] = [];
  for (const [key, item] of entries) {
    const field = Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined;
    if (field === undefined) context.problems.push(unknownField(key, memberPath(path, key), Object.keys(shape.fields)));
    else kept.push([key, checkShape(item, field.shape, memberPath(path, key), context)]);
  }
  for (const [key, field] of Object.entries(shape.fields)) {
    if (field.required && !kept.some(([name]) => name === key)) {
      context.problems.push(
        problemAt(path, { message: `"${key}" is missing`, hint: `add ${key}: ${field.description}` }),
      );
    }
  }
  if (shape.exactlyOne && kept.length !== 1) {
    context.problems.push(
      problemAt(path, {
        message: `${shown(value)} has ${kept.length} of ${namesOf(shape.fields)}`,
        hint: "give exactly one of them",
      }),
    );
  }
  return Object.freeze(Object.fromEntries(kept));
}

/** The problem for a field that does not exist. */
export function unknownField(key: string, path: string, known: readonly string[]): SpecProblem {
  const meant = suggest(key, known);
  return problemAt(path, {
    code: "SPEC_UNKNOWN_FIELD",
    message: `there is no field "${key}"`,
    hint: meant === undefined ? `use one of ${known.join(", ")}` : `did you mean "${meant}"?`,
  });
}

function checkJson(value: unknown, path: string, context: ShapeCheckContext, above: readonly unknown[]): unknown {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string" && !surrogate.test(value)) return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (above.length >= maxJsonDepth) {
    const message = `${shown(value)} is nested more than ${maxJsonDepth} deep`;
    context.problems.push(problemAt(path, { message, hint: "write the value flatter" }));
    return undefined;
  }
  if (!above.includes(value)) {
    if (Array.isArray(value)) {
      return Object.freeze(
        value.map((item, index) => checkJson(item, `${path}[${index}]`, context, [...above, value])),
      );
    }
    if (isPlainObject(value)) {
      const entries = Object.entries(value).filter(([, item]) => item !== undefined);
      return Object.freeze(
        Object.fromEntries(
          entries.map(([key, item]) => [key, checkJson(item, memberPath(path, key), context, [...above, value])]),
        ),
      );
    }
  }
  context.problems.push(
    problemAt(path, {
      code: "SPEC_TYPE",
      message: `${shown(value)} is not JSON`,
      hint: "use strings, finite numbers, true, false, null, lists and mappings",
    }),
  );
  return undefined;
}

function listHint(value: unknown, item: Shape): string | undefined {
  if (typeof value === "string") {
    const words = item.kind === "text" && item.what === "an argument" ? value.split(/\s+/).filter(Boolean) : [value];
    return `write [${words.map((word) => JSON.stringify(word)).join(", ")}]`;
  }
  return value === null ? "write [] for an empty list, or leave the field out" : undefined;
}

function recordHint(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  const match = typeof first === "string" ? /^([^=:\s]+)\s*[=:]\s*(.*)$/.exec(first) : null;
  return match === null ? undefined : `write { ${JSON.stringify(match[1])}: ${JSON.stringify(match[2])} }`;
}

function namesOf(fields: Readonly<Record<string, ObjectField>>): string {
  return Object.keys(fields).join(", ");
}

/** Whether a value is a mapping: made by a literal, `Object.create(null)`, or a parser. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Object.prototype of another realm (a VM context, a module loader) has no prototype itself.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** `env.PATH`, `labels["a b"]` */
export function memberPath(path: string, key: string): string {
  const plain = /^[A-Za-z_$][\w$-]*$/.test(key);
  if (path === "") return plain ? key : `[${JSON.stringify(key)}]`;
  return plain ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}

/** A value for a message: in quotes, shortened. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
  if (typeof value !== "object" || value === null) return `"${String(value)}"`;
  if (Array.isArray(value)) return value.length === 0 ? '"[]"' : `"[${value.length} items]"`;
  return `"{${Object.keys(value).slice(0, 4).join(", ")}}"`;
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  return typeof value === "undefined" ? "undefined" : `a ${typeof value}`;
}
