import { ImageSpecError } from "@imagespec/errors";

/** A table of a parsed TOML document. */
export type Table = Readonly<Record<string, unknown>>;

export function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

export function tableOf(value: unknown): Table {
  return isTable(value) ? value : {};
}

export function tablesOf(value: unknown): readonly Table[] {
  return Array.isArray(value) ? value.filter(isTable) : [];
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

/** A text that the lock must have. @throws LOCK_INVALID */
export function requiredText(table: Table, key: string, file: string, where: string): string {
  const value = textOf(table[key]);
  if (value !== undefined && value !== "") return value;
  throw new ImageSpecError("LOCK_INVALID", `"${file}" has no ${key} in ${where}`, {
    hint: "lock again with the tool that made the file",
    details: { file },
  });
}

/** A format version that is read. @throws LOCK_INVALID for another major */
export function checkLockVersion(value: unknown, supported: readonly number[], file: string): void {
  const version = typeof value === "string" || typeof value === "number" ? String(value) : undefined;
  if (supported.includes(Number(version?.split(".", 1)[0] || Number.NaN))) return;
  const found = version === undefined ? "no format version" : `the format version "${version}"`;
  throw new ImageSpecError("LOCK_INVALID", `"${file}" has ${found}`, {
    hint: `lock again in format version ${supported.join(" or ")}`,
    details: { file },
  });
}
