import { PythonFloat, type PythonValue } from "./python-value.ts";

/** A dict that takes keys as Python does: `1`, `1.0` and `True` are one key, which keeps the form and place of the first. */
export class DictBuilder {
  readonly dict: Map<PythonValue, PythonValue> = new Map();
  readonly #keys = new Map<string, PythonValue>();

  set(key: PythonValue, value: PythonValue): void {
    const name = hashName(key);
    const known = this.#keys.get(name);
    if (known === undefined && key !== null) this.#keys.set(name, key);
    this.dict.set(known ?? key, value);
  }
}

function hashName(key: PythonValue): string {
  if (typeof key === "string") return `s${key}`;
  if (typeof key === "boolean") return `n${key ? 1 : 0}`;
  if (typeof key === "number" || typeof key === "bigint") return `n${BigInt(key)}`;
  if (key instanceof PythonFloat) return Number.isInteger(key.value) ? `n${BigInt(key.value)}` : `n${key.value}`;
  return JSON.stringify(key);
}
