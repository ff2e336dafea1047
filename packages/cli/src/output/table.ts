import { padTo, textWidth } from "./text-width.ts";

/** Rows with their columns aligned, two spaces apart and two in front. The last column is as wide as it is. */
export function formatTable(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, textWidth(cell));
  }
  return rows.map((row) => `  ${row.map((cell, column) => padTo(cell, widths[column] ?? 0)).join("  ")}`.trimEnd());
}
