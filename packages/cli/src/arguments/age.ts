import { parseDuration } from "./duration.ts";
import { usageError } from "./usage-error.ts";

const dayMs = 24 * 3_600_000;

/** Milliseconds of a text such as `30d`, `2w`, `12h`. @throws CLI_USAGE */
export function parseAge(text: string, option: string): number {
  const [, number = "", unit] = /^(\d+(?:\.\d+)?)([dw])$/.exec(text) ?? [];
  if (number !== "") return Number(number) * (unit === "w" ? 7 : 1) * dayMs;
  if (/^[\d.]+(?:h|m|s)$/.test(text) && !text.startsWith("0")) return parseDuration(text, option);
  throw usageError(`"${text}" is no value of "${option}"`, "write an age such as 30d, 2w or 12h");
}
