import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const reference = join(import.meta.dirname, "../../../docs/reference");
const page = await readFile(join(reference, "limits.md"), "utf8");
const units: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** `64 MiB` → 67108864 */
function stated(text: string): number {
  const [, digits = "", unit = ""] = /^([\d,]+)(?: (KiB|MiB|GiB))?$/.exec(text.trim()) ?? [];
  return Number(digits.replaceAll(",", "")) * (units[unit] ?? 1);
}

/** The value of a constant, from the text of its file: most are nobody else's business and not exported. */
async function valueIn(file: string, name: string): Promise<number> {
  const source = await readFile(join(reference, file), "utf8");
  const [, expression = ""] = new RegExp(`\\b${name}(?: = |: number = |: )([0-9_* ]+)[;,}]`).exec(source) ?? [];
  expect(expression, `${name} in ${file}`).not.toBe("");
  return expression.split("*").reduce((product, factor) => product * Number(factor.replaceAll("_", "")), 1);
}

const rows = [...page.matchAll(/^\| (.+?) +\| ([\d,]+(?: [KMG]iB)?) +\| \[`(\w+)`\]\((\S+)\) +\|$/gm)].map(
  ([, what = "", value = "", name = "", file = ""]) => ({ what, value, name, file }),
);
const sentences = [...page.matchAll(/(\d+) times\n?\s*\(\[`(\w+)`\]\((\S+)\)\)/g)].map(
  ([, value = "", name = "", file = ""]) => ({ what: name, value, name, file }),
);

describe("reference/limits.md", () => {
  test("has no row that the next test does not read", () => {
    expect(rows.length + sentences.length).toBe([...page.matchAll(/\]\(\S+\.ts\)/g)].length);
    expect(rows.length).toBeGreaterThan(30);
  });

  test.each([...rows, ...sentences])("$what: $value ($name)", async ({ value, name, file }) => {
    expect(await valueIn(file, name)).toBe(stated(value));
  });
});
