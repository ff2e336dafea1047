import { PythonBytes, PythonFloat, type PythonValue } from "../python/python-value.ts";
import { pythonDateOf } from "../request/python-date.ts";

const bools: Readonly<Record<string, boolean>> = {
  yes: true,
  no: false,
  true: true,
  false: false,
  on: true,
  off: false,
};
const bool = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const float =
  /^(?:[-+]?\d[\d_]*\.[\d_]*(?:[eE][-+]\d+)?|\.\d[\d_]*(?:[eE][-+]\d+)?|[-+]?\d[\d_]*(?::[0-5]?\d)+\.[\d_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const int =
  /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][\d_]*)|[-+]?0x[\da-fA-F_]+|[-+]?[1-9][\d_]*(?::[0-5]?\d)+)$/;
const nothing = /^(?:~|null|Null|NULL|)$/;
const timestamp =
  /^(?:\d{4}-\d{2}-\d{2}|\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|[ \t]+)\d{1,2}:\d{2}:\d{2}(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d{1,2}(?::\d{2})?))?)$/;

/** The tag that PyYAML's safe loader gives a plain scalar, without the prefix of YAML's own tags. */
export function implicitTag(text: string): string {
  if (bool.test(text)) return "bool";
  if (float.test(text)) return "float";
  if (int.test(text)) return "int";
  if (text === "<<") return "merge";
  if (nothing.test(text)) return "null";
  if (timestamp.test(text)) return "timestamp";
  return text === "=" ? "value" : "str";
}

/** The value that PyYAML's safe loader makes of a scalar; nothing for a tag it does not know, or a text the tag does not fit. */
export function scalarValue(tag: string, text: string): PythonValue | undefined {
  switch (tag) {
    case "str":
      return text;
    case "null":
      return null;
    case "bool":
      return bools[text.toLowerCase()];
    case "int":
      return parseInteger(text.replaceAll("_", ""));
    case "float":
      return parseFloatText(text.replaceAll("_", "").toLowerCase());
    case "timestamp":
      return pythonDateOf(text);
    case "binary":
      return new PythonBytes(Buffer.from(text, "base64"));
    default:
      return undefined;
  }
}

function parseInteger(text: string): bigint | number | undefined {
  const sign = text.startsWith("-") ? -1n : 1n;
  const digits = text.replace(/^[-+]/, "");
  let value: bigint;
  if (/^0b[01]+$|^0x[\da-f]+$/i.test(digits)) value = BigInt(digits.toLowerCase());
  else if (/^0[0-7]+$/.test(digits)) value = BigInt(`0o${digits}`);
  else if (/^\d+(?::\d+)+$/.test(digits)) value = digits.split(":").reduce((sum, part) => sum * 60n + BigInt(part), 0n);
  else if (/^\d+$/.test(digits)) value = BigInt(digits);
  else return undefined;
  const signed = sign * value;
  return signed >= -9007199254740991n && signed <= 9007199254740991n ? Number(signed) : signed;
}

function parseFloatText(text: string): PythonFloat | undefined {
  const sign = text.startsWith("-") ? -1 : 1;
  const digits = text.replace(/^[-+]/, "");
  if (digits === ".inf") return new PythonFloat(sign * Number.POSITIVE_INFINITY);
  if (digits === ".nan") return new PythonFloat(Number.NaN);
  if (digits.includes(":")) {
    return new PythonFloat(sign * digits.split(":").reduce((sum, part) => sum * 60 + Number(part), 0));
  }
  const value = Number(digits);
  return digits === "" || Number.isNaN(value) ? undefined : new PythonFloat(sign * value);
}
