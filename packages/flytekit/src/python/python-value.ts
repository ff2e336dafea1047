/** A `float`, where the number alone would read as an `int`: `1.0`, `nan`. */
export class PythonFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
    Object.freeze(this);
  }
}

/** A `tuple`. */
export class PythonTuple {
  readonly items: readonly PythonValue[];

  constructor(items: readonly PythonValue[]) {
    this.items = Object.freeze([...items]);
    Object.freeze(this);
  }
}

/** A `date` or `datetime`, as YAML makes them. */
export class PythonDate {
  /** What `repr` says: `datetime.date(2024, 1, 31)`. */
  readonly repr: string;
  /** As it was written. */
  readonly iso: string;

  constructor(repr: string, iso: string) {
    this.repr = repr;
    this.iso = iso;
    Object.freeze(this);
  }

  get isDateTime(): boolean {
    return this.repr.startsWith("datetime.datetime");
  }
}

/** A `bytes` value, as YAML makes them of `!!binary`. */
export class PythonBytes {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    Object.freeze(this);
  }
}

export type CopyModeName = "LOADED_MODULES" | "ALL" | "NO_COPY";

/** A member of flytekit's `CopyFileDetection`; a text of the same name is none. */
export class CopyMode {
  static readonly LOADED_MODULES: CopyMode = new CopyMode("LOADED_MODULES", 1);
  static readonly ALL: CopyMode = new CopyMode("ALL", 2);
  static readonly NO_COPY: CopyMode = new CopyMode("NO_COPY", 3);

  readonly name: CopyModeName;
  readonly value: number;

  private constructor(name: CopyModeName, value: number) {
    this.name = name;
    this.value = value;
    Object.freeze(this);
  }
}

/** A `dict` in its order, with keys of any kind. */
export type PythonDict = ReadonlyMap<PythonValue, PythonValue>;

/**
 * A Python value: `null` is `None`; a whole number or a bigint is an `int`, another number a `float`; an array is a `list`; a
 * plain object is a `dict`, for whose integer-like keys a Map is needed, since objects do not keep their place.
 */
export type PythonValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | PythonFloat
  | PythonTuple
  | PythonDate
  | PythonBytes
  | CopyMode
  | PythonDict
  | readonly PythonValue[]
  | { readonly [key: string]: PythonValue };

/** What `type(value).__name__` says. */
export function pythonTypeName(value: PythonValue): string {
  if (value === null) return "NoneType";
  if (typeof value === "string") return "str";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int";
  if (typeof value === "number") return Number.isInteger(value) && !Object.is(value, -0) ? "int" : "float";
  if (value instanceof PythonFloat) return "float";
  if (value instanceof PythonTuple) return "tuple";
  if (value instanceof PythonDate) return value.isDateTime ? "datetime.datetime" : "datetime.date";
  if (value instanceof PythonBytes) return "bytes";
  if (value instanceof CopyMode) return "CopyFileDetection";
  return Array.isArray(value) ? "list" : "dict";
}

/** Whether `bool(value)` is true. */
export function isTruthy(value: PythonValue | undefined): boolean {
  if (value === undefined || value === null || value === "" || value === false) return false;
  if (typeof value === "number") return value !== 0;
  if (typeof value === "bigint") return value !== 0n;
  if (value instanceof PythonFloat) return value.value !== 0;
  if (value instanceof PythonTuple) return value.items.length > 0;
  if (value instanceof PythonBytes) return value.bytes.length > 0;
  if (value instanceof PythonDate || value instanceof CopyMode || value === true || typeof value === "string")
    return true;
  if (Array.isArray(value)) return value.length > 0;
  return dictEntries(value as PythonDict | { readonly [key: string]: PythonValue }).length > 0;
}

export function isDict(value: PythonValue | undefined): value is PythonDict | { readonly [key: string]: PythonValue } {
  return value !== undefined && value !== null && pythonTypeName(value) === "dict";
}

/** The entries of a dict in their order. */
export function dictEntries(
  dict: PythonDict | { readonly [key: string]: PythonValue },
): readonly (readonly [PythonValue, PythonValue])[] {
  return dict instanceof Map ? [...dict] : Object.entries(dict);
}
