import { usageError } from "./usage-error.ts";

const units: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Bytes of a text such as `10GB`, `500 MB`, `2GiB`, `1.5G`; a bare number means bytes. @throws CLI_USAGE */
export function parseSize(text: string, option: string): number {
  const [, number = "", unit = "b"] = /^(\d+(?:\.\d+)?) ?([kmgt]?i?b|[kmgt])?$/i.exec(text) ?? [];
  const name = unit.toLowerCase();
  const factor = units[name] ?? units[`${name}b`];
  if (number !== "" && factor !== undefined) return Math.round(Number(number) * factor);
  throw usageError(`"${text}" is no value of "${option}"`, "write a size such as 10GB or 500MB");
}
