import { usageError } from "./usage-error.ts";

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a text such as `90s`, `10m`, `1.5h`, `500ms`; a bare number means seconds. @throws CLI_USAGE */
export function parseDuration(text: string, option: string): number {
  const [, number = "", unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Number(number) * (units[unit] ?? 0);
  if (number !== "" && ms > 0) return ms;
  throw usageError(`"${text}" is no value of "${option}"`, "write a duration such as 90s, 10m or 1h");
}
