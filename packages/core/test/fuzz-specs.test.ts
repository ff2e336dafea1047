import { isImageSpecError } from "@imagespec/errors";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  canonicalJson,
  ImageSpec,
  type Json,
  type NormalizedImageSpec,
  normalizeImageSpec,
  resolveImageSpec,
  specFields,
} from "../src/index.ts";
import type { Shape } from "../src/spec/field-shape.ts";
import { specArbitrary } from "../src/testing/spec-arbitrary.ts";

const numRuns = Number(process.env["IMAGESPEC_FUZZ_RUNS"] ?? 300);

/** Texts that have been trouble to somebody: shells, JSON, YAML, TOML, paths, templates, Unicode, prototypes. */
const troubleTexts = [
  "",
  " ",
  "\0",
  "\n",
  "\r\n",
  "\t",
  "$(id)",
  "`id`",
  ["$", "{HOME}"].join(""),
  "$HOME",
  "%PATH%",
  "'",
  '"',
  "\\",
  "a'b\"c",
  "a b",
  "a=b",
  "a:b",
  "#x",
  "- x",
  "{}",
  "[]",
  "null",
  "true",
  "~",
  "3.10",
  "1e3",
  "NaN",
  "-",
  "--help",
  "-rf",
  "..",
  "../x",
  "/",
  "//",
  "/..",
  "/a/../b",
  "./a",
  "~/x",
  "C:\\x",
  "file:///x",
  "https://u:p@h/x",
  "https://h/x?a=b#c",
  "http://[::1",
  "git+https://x",
  "__proto__",
  "constructor",
  "toString",
  "{{x}}",
  "{fingerprint}",
  "\u202e",
  "\ufeff",
  "\ud800",
  "é",
  "e\u0301",
  "😀",
  "İ",
  "ß",
  "\u2028",
  "x".repeat(5000),
  "(".repeat(3000),
  "[".repeat(3000),
  "a; (".repeat(1000),
  "linux/amd64",
  "latest",
  "numpy==1",
];
const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...troubleTexts) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(...troubleTexts), fc.constantFrom(...troubleTexts)).map((two) => two.join("")),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
);
/** Whatever a caller without types, or a parser, can give. */
const anything = fc.oneof(
  text,
  fc.anything({
    maxDepth: 3,
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSparseArray: true,
  }),
  fc.constantFrom<unknown>(
    undefined,
    null,
    0,
    -0,
    Number.NaN,
    Symbol("x"),
    () => 1,
    new Date(0),
    /x/,
    new (class X {})(),
  ),
);

/** Mostly values of the shape, with trouble in their texts; sometimes of another. */
function valuesOf(shape: Shape): fc.Arbitrary<unknown> {
  const fitting = (): fc.Arbitrary<unknown> => {
    switch (shape.kind) {
      case "text":
        return text;
      case "boolean":
        return fc.boolean();
      case "choice":
        return fc.constantFrom(...shape.values);
      case "list":
        return fc.array(valuesOf(shape.item), { maxLength: 3 });
      case "pair":
        return fc.tuple(valuesOf(shape.items[0]), valuesOf(shape.items[1]));
      case "record":
        return fc
          .array(fc.tuple(text, valuesOf(shape.value)), { maxLength: 3 })
          .map((entries) => Object.fromEntries(entries));
      case "object":
        return fc.record(
          Object.fromEntries(Object.entries(shape.fields).map(([name, field]) => [name, valuesOf(field.shape)])),
          { requiredKeys: [] },
        );
      case "json-object":
        return fc.dictionary(text, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 3 });
      case "text-or":
        return fc.oneof(text, valuesOf(shape.other));
      case "base-image":
        return fc.oneof(text, valuesOf(shape.debian), fc.constant({ packages: ["six"] }), specArbitrary);
    }
  };
  return fc.oneof({ weight: 9, arbitrary: fitting() }, { weight: 1, arbitrary: anything });
}

const fields = Object.entries(specFields).map(([name, field]) => [name, valuesOf(field.shape)] as const);
const input = fc.record(Object.fromEntries(fields), { requiredKeys: [] });

/** A spec, or nothing when the input is refused in the way that it has to be. */
function construct(value: unknown): ImageSpec | undefined {
  try {
    return new ImageSpec(value as object);
  } catch (error) {
    if (!isImageSpecError(error) || !error.code.startsWith("SPEC_")) throw error;
    expect(error.problems.length).toBeGreaterThan(0);
    for (const problem of error.problems) {
      expect(problem.code).toMatch(/^SPEC_/);
      expect(problem.message).not.toBe("");
      expect(problem.hint ?? "x").not.toBe("");
    }
    return undefined;
  }
}

/** Without the secrets that stood in URLs: no text may have them. */
function withoutLogins({ indexCredentials, secrets, ...others }: NormalizedImageSpec): object {
  const ids = indexCredentials.map(({ secret }) => secret);
  return { ...others, secrets: secrets.filter(({ id }) => !ids.includes(id)) };
}

/** What holds for every spec that was accepted. */
async function expectStable(spec: ImageSpec): Promise<void> {
  const normalized = normalizeImageSpec(spec);
  expect(normalizeImageSpec(normalized)).toEqual(normalized);
  // Plain data, through text, is the same spec: but for logins, which no text may have.
  const again = new ImageSpec(JSON.parse(JSON.stringify(spec)));
  const plain = withoutLogins(normalized);
  const plainAgain = withoutLogins(normalizeImageSpec(again));
  expect(plainAgain).toEqual(plain);
  const json = JSON.parse(JSON.stringify(plain)) as Json;
  const canonical = canonicalJson(json);
  expect(JSON.parse(canonical)).toEqual(json);
  expect(canonicalJson(JSON.parse(canonical))).toBe(canonical);
  if (spec.requirements !== undefined || spec.sourceRoot !== undefined || (spec.copy ?? []).length > 0) return;
  try {
    const [first, second] = [
      await resolveImageSpec(spec, { lockFile: null }),
      await resolveImageSpec(again, { lockFile: null }),
    ];
    expect(first.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect([second.fingerprint, second.tag, second.id]).toEqual([first.fingerprint, first.tag, first.id]);
    expect(await resolveImageSpec(normalized, { lockFile: null })).toMatchObject({ fingerprint: first.fingerprint });
  } catch (error) {
    // A base that is a folder, or a spec with files of its own, is not there.
    if (!isImageSpecError(error)) throw error;
    expect(error.code).toMatch(/^(?:SPEC_|LOCK_|BASE_)/);
  }
}

describe("every field", () => {
  test.each(fields)("%s: any value is a problem at its path, or a spec that stays the same", async (name, value) => {
    await fc.assert(
      fc.asyncProperty(value, async (given) => {
        let spec: ImageSpec;
        try {
          spec = new ImageSpec({ [name]: given });
        } catch (error) {
          if (!isImageSpecError(error) || !error.code.startsWith("SPEC_")) throw error;
          expect(error.problems.length).toBeGreaterThan(0);
          expect(error.problems.some(({ path }) => path === "" || path.startsWith(name))).toBe(true);
          return;
        }
        await expectStable(spec);
      }),
      { numRuns: Math.ceil(numRuns / 10) },
    );
  });
});

test("any combination of fields is refused with problems, or a spec that stays the same", async () => {
  await fc.assert(
    fc.asyncProperty(input, async (given) => {
      const spec = construct(given);
      if (spec !== undefined) await expectStable(spec);
    }),
    { numRuns },
  );
});

test("good specs with one bad field are refused for that field alone, or stay the same", async () => {
  const broken = fc.constantFrom(...fields).chain(([name, value]) => fc.tuple(fc.constant(name), value));
  await fc.assert(
    fc.asyncProperty(specArbitrary, broken, async (good, [name, value]) => {
      const spec = construct({ ...good, [name]: value });
      if (spec !== undefined) await expectStable(spec);
    }),
    { numRuns },
  );
});

test("values of env, labels, entrypoint and cmd are kept to the letter", () => {
  fc.assert(
    fc.property(fc.dictionary(text, text), fc.array(text), (record, list) => {
      const spec = construct({ env: record, labels: record, entrypoint: list, cmd: list });
      if (spec === undefined) return;
      const normalized = normalizeImageSpec(spec);
      expect(Object.entries(normalized.env).sort()).toEqual(Object.entries(record).sort());
      expect(Object.entries(normalized.labels).sort()).toEqual(Object.entries(record).sort());
      expect([normalized.entrypoint, normalized.cmd]).toEqual([list, list]);
    }),
    { numRuns },
  );
});

test("anything at all in place of a spec is refused with a problem", () => {
  fc.assert(
    fc.property(anything, (value) => {
      construct(value);
    }),
    { numRuns },
  );
});

test.each([
  ["JSON", "builderOptions", { builder: "buildkit" }, (depth: number) => nest(depth, (below) => ({ a: below }), {})],
  ["bases", "baseImage", {}, (depth: number) => nest(depth, (below) => ({ baseImage: below }), {})],
  ["markers", "packages", {}, (depth: number) => [`a; ${"(".repeat(depth)}os_name == "x"${")".repeat(depth)}`]],
] as const)("%s without end is refused", (_, field, others, value) => {
  expect(construct({ ...others, [field]: value(50_000) })).toBeUndefined();
});

function nest<T>(depth: number, wrap: (below: T) => T, innermost: T): T {
  let value = innermost;
  for (let level = 0; level < depth; level++) value = wrap(value);
  return value;
}
