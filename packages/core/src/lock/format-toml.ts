import type { Json } from "../spec/json.ts";

/** A key of TOML, quoted where it has to be. */
export function formatTomlKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : formatTomlText(key);
}

/** A basic string. */
export function formatTomlText(text: string): string {
  // JSON's escapes are TOML's too; TOML wants the delete character escaped as well.
  return JSON.stringify(text).replaceAll("\u007f", "\\u007F");
}

/** A value on one line: tables inline. Members without a value are left out, as TOML has no null. */
export function formatTomlValue(value: Json): string {
  if (typeof value === "string") return formatTomlText(value);
  if (Array.isArray(value)) return `[${value.map(formatTomlValue).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  const members = Object.entries(value).filter(([, member]) => member !== null);
  if (members.length === 0) return "{}";
  return `{ ${members.map(([key, member]) => `${formatTomlKey(key)} = ${formatTomlValue(member)}`).join(", ")} }`;
}

/** A line `key = value`; a list of tables or of several texts gets a line for each entry. */
export function formatTomlLine(key: string, value: Json): string {
  const name = formatTomlKey(key);
  if (!Array.isArray(value) || value.length === 0) return `${name} = ${formatTomlValue(value)}`;
  const isShort = value.length === 1 && typeof value[0] !== "object";
  if (isShort) return `${name} = ${formatTomlValue(value)}`;
  return `${name} = [\n${value.map((entry) => `  ${formatTomlValue(entry)},\n`).join("")}]`;
}
