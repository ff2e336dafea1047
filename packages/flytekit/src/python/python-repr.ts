import { isPrintable } from "./is-printable.ts";
import {
  CopyMode,
  dictEntries,
  PythonBytes,
  PythonDate,
  type PythonDict,
  PythonFloat,
  PythonTuple,
  type PythonValue,
} from "./python-value.ts";

/** `repr(value)`, as the CPython of that minor version says it. */
export function pythonRepr(value: PythonValue, python: string): string {
  if (value === null) return "None";
  if (typeof value === "string") return reprString(value, python);
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number")
    return Number.isInteger(value) && !Object.is(value, -0) ? BigInt(value).toString() : reprFloat(value);
  if (value instanceof PythonFloat) return reprFloat(value.value);
  if (value instanceof CopyMode) return `<CopyFileDetection.${value.name}: ${value.value}>`;
  if (value instanceof PythonDate) return value.repr;
  if (value instanceof PythonBytes) return reprBytes(value.bytes);
  if (value instanceof PythonTuple) {
    const items = value.items.map((item) => pythonRepr(item, python));
    return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
  }
  if (Array.isArray(value)) return `[${value.map((item: PythonValue) => pythonRepr(item, python)).join(", ")}]`;
  // What is left is a Map or a plain object.
  const dict = value as PythonDict | { readonly [key: string]: PythonValue };
  return `{${dictEntries(dict)
    .map(([key, item]) => `${pythonRepr(key, python)}: ${pythonRepr(item, python)}`)
    .join(", ")}}`;
}

/** `float.__repr__`: the shortest digits, with an exponent below 1e-4 and from 1e16 on. */
function reprFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (value === 0) return `${sign}0.0`;
  const [mantissa = "", exponentText = "0"] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const head = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
    const power = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${head}e${exponent < 0 ? "-" : "+"}${power}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.padEnd(exponent + 1, "0");
  return `${sign}${whole.slice(0, exponent + 1)}.${whole.slice(exponent + 1) || "0"}`;
}

const short: Readonly<Record<string, string>> = { "\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\" };

function reprString(text: string, python: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let out = quote;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const escaped = short[character];
    if (escaped !== undefined) out += escaped;
    else if (character === quote) out += `\\${quote}`;
    else if (isPrintable(code, python)) out += character;
    else out += escapeCode(code);
  }
  return out + quote;
}

function escapeCode(code: number): string {
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, "0")}`;
  return code < 0x1_0000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

function reprBytes(bytes: Uint8Array): string {
  const text = String.fromCharCode(...bytes);
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let out = `b${quote}`;
  for (const character of text) {
    const code = character.charCodeAt(0);
    const escaped = short[character];
    if (escaped !== undefined) out += escaped;
    else if (character === quote) out += `\\${quote}`;
    else out += code >= 0x20 && code < 0x7f ? character : escapeCode(code);
  }
  return out + quote;
}
