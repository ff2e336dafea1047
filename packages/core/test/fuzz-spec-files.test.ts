import { isImageSpecError } from "@imagespec/errors";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseSpecText, readLock } from "../src/index.ts";
import { parseRequirementsText } from "../src/source/requirements-text.ts";

const numRuns = Number(process.env["IMAGESPEC_FUZZ_RUNS"] ?? 100);

interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

/** A text in which some parts are missing, repeated, or others. */
function edited(text: string, edits: readonly Edit[]): string {
  return edits.reduce((before, { at, remove, insert }) => {
    const start = at % (before.length + 1);
    return before.slice(0, start) + insert + before.slice(start + remove);
  }, text);
}

const editsWith = (...parts: readonly string[]): fc.Arbitrary<Edit[]> =>
  fc.array(
    fc.record({
      at: fc.nat(3000),
      remove: fc.oneof(fc.constant(0), fc.nat(30)),
      insert: fc.oneof(fc.constantFrom("", ...parts), fc.string({ unit: "binary", maxLength: 5 })),
    }),
    { minLength: 1, maxLength: 4 },
  );

async function attempt<T>(action: () => T | Promise<T>, codes: RegExp): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (!isImageSpecError(error)) throw error;
    expect(error.code).toMatch(codes);
    return undefined;
  }
}

const yaml = `# a comment
name: acme/train
pythonVersion: "3.12"
packages: [numpy>=2, 'six']
env: &common
  A: "1"
  B: |
    two
    lines
labels: *common
commands:
  - run: make
    after: system
secrets:
  - id: token
    from: { env: TOKEN }
`;
const several = `images:\n  - name: acme/a\n    packages: [six]\n  - name: acme/b\n---\npackages: []\n`;
const json = `{ "name": "acme/train", "packages": ["six"], "env": { "A": "1" }, "commands": [{ "run": "make" }] }`;
const yamlParts = [
  "\n",
  "  ",
  "\t",
  "- ",
  ": ",
  "&a ",
  "*a",
  "*missing",
  "<<: *common",
  "!!binary ",
  "!!js/function ",
  "---\n",
  "...\n",
  "%YAML 1.1\n",
  "? ",
  "| ",
  "> ",
  "{",
  "}",
  "[",
  "]",
  '"',
  "'",
  "#",
  "__proto__: ",
  "images: ",
  "null",
  "1e999",
  "0o17",
  "\r",
  "\u0085",
  "\ufeff",
  "\0",
];

/** Every place that an error names lies in the text. */
function expectInside(error: unknown, text: string): void {
  if (!isImageSpecError(error)) throw error;
  expect(error.code).toMatch(/^SPEC_/);
  const lines = text.split(/\r\n|\n|\r/);
  const locations = Array.isArray(error.details["locations"]) ? error.details["locations"] : [];
  for (const place of [error.details, ...locations] as readonly Readonly<Record<string, unknown>>[]) {
    const { line, column } = place;
    if (line === undefined) continue;
    expect(Number.isSafeInteger(line) && Number(line) >= 1 && Number(line) <= lines.length).toBe(true);
    if (column === undefined) continue;
    expect(Number(column)).toBeGreaterThanOrEqual(1);
    expect(Number(column)).toBeLessThanOrEqual(text.length + 1);
  }
}

test.each([
  ["YAML", "yaml", yaml],
  ["several documents", "yaml", several],
  ["JSON", "json", json],
] as const)("altered %s is refused with places inside of the text, or is specs", (_, format, original) => {
  fc.assert(
    fc.property(editsWith(...yamlParts), (edits) => {
      const text = edited(original, edits);
      try {
        const { specs } = parseSpecText(text, { file: "spec", format });
        expect(specs.length).toBeGreaterThan(0);
        for (const { locate } of specs) {
          for (const path of ["", "packages[0]", "env.A", "x.y[3]"]) {
            const place = locate(path);
            if (place !== undefined) expect(place.line).toBeLessThanOrEqual(text.split("\n").length);
          }
        }
      } catch (error) {
        expectInside(error, text);
      }
    }),
    { numRuns },
  );
});

test("any text at all is refused, or is specs", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.array(fc.constantFrom(...yamlParts)).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, fc.constantFrom<"yaml" | "json">("yaml", "json"), (given, format) => {
      try {
        parseSpecText(given, { file: "spec", format });
      } catch (error) {
        expectInside(error, given);
      }
    }),
    { numRuns },
  );
});

test.each([
  ["lists", `packages: ${"[".repeat(10_000)}`],
  ["closed lists", `packages: ${"[".repeat(10_000)}${"]".repeat(10_000)}`],
  ["block lists", `packages: ${"- ".repeat(10_000)}x`],
  ["mappings", "{a: ".repeat(10_000)],
  [
    "aliases",
    `a: &a [x]\n${Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [${i === 0 ? "*a" : `*b${i - 1}`}, ${i === 0 ? "*a" : `*b${i - 1}`}]`).join("\n")}\n`,
  ],
  ["an alias of itself", "env: &a { A: *a }\n"],
  ["keys that are mappings", "? {a: b}\n: c\n"],
  ["documents", "---\npackages: []\n".repeat(500)],
])("%s without end are refused, or read in time", (_, text) => {
  const started = performance.now();
  for (const format of ["yaml", "json"] as const) {
    try {
      parseSpecText(text, { file: "spec", format });
    } catch (error) {
      expectInside(error, text);
    }
  }
  expect(performance.now() - started).toBeLessThan(10_000);
});

const requirements = `# comment
numpy>=2,<3 ; python_version < "3.13"  # why
six==1.17.0 \\
    --hash=sha256:${"0".repeat(64)} \\
    --hash=sha256:${"1".repeat(64)}
-r other.txt
-c constraints.txt
--index-url https://pypi.org/simple
--extra-index-url=https://a.dev/simple
--no-binary lxml
demo @ https://a.dev/demo-1.0-py3-none-any.whl
`;

test("altered requirements files are refused with lines inside of the file, or read", async () => {
  const parts = [
    "\n",
    "\\\n",
    " -r ",
    "--hash=",
    "-e .",
    ["$", "{X}"].join(""),
    "[",
    "]",
    ";",
    "@",
    "==",
    ",",
    "(",
    ")",
    "\0",
    "\ufeff",
    " #",
    "\r",
  ];
  await fc.assert(
    fc.asyncProperty(editsWith(...parts), async (edits) => {
      const text = edited(requirements, edits);
      try {
        for (const { line } of parseRequirementsText(text, "requirements.txt"))
          expect(line <= text.split(/\r\n|\n|\r/).length).toBe(true);
      } catch (error) {
        expectInside(error, text);
      }
    }),
    { numRuns },
  );
});

const locks = {
  pylock: `lock-version = "1.0"
requires-python = ">=3.9"
environments = ["sys_platform == 'linux'"]
extras = ["a"]
dependency-groups = ["dev"]
[[packages]]
name = "six"
version = "1.17.0"
marker = "python_version < '3.13'"
[[packages.wheels]]
name = "six-1.17.0-py2.py3-none-any.whl"
url = "https://files.dev/six-1.17.0-py2.py3-none-any.whl"
hashes = { sha256 = "${"0".repeat(64)}" }
[[packages]]
name = "demo"
[packages.vcs]
type = "git"
url = "https://a.dev/demo"
commit-id = "abc"
[tool.imagespec]
inputs = "x"
`,
  "uv-lock": `version = 1
requires-python = ">=3.9"
[[package]]
name = "project"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "six", marker = "python_version < '3.13'" }]
[package.optional-dependencies]
a = [{ name = "six" }]
[[package]]
name = "six"
version = "1.17.0"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.dev/six-1.17.0-py2.py3-none-any.whl", hash = "sha256:${"0".repeat(64)}", size = 1 }]
`,
  "poetry-lock": `[[package]]
name = "six"
version = "1.17.0"
optional = false
python-versions = "*"
groups = ["main"]
markers = "python_version < '3.13'"
files = [{ file = "six-1.17.0-py2.py3-none-any.whl", hash = "sha256:${"0".repeat(64)}" }]
[package.dependencies]
demo = ">=1"
[metadata]
lock-version = "2.1"
python-versions = "^3.9"
content-hash = "x"
`,
} as const;
const project = `[project]\nname = "project"\nversion = "0.1.0"\ndependencies = ["six"]\n[project.optional-dependencies]\na = ["six"]\n`;
const tomlParts = [
  '"',
  "'",
  '"""',
  "\n",
  "[",
  "]",
  "[[",
  "]]",
  "{",
  "}",
  "=",
  ",",
  ".",
  "1979-05-27",
  "inf",
  "nan",
  "true",
  "1e400",
  "0x",
  "__proto__ = 1\n",
  "\\u0000",
  "\0",
  "packages = 1\n",
  "name = 5\n",
  "[package]\n",
];

test.each(Object.entries(locks))("altered %s files are refused, or read", async (kind, original) => {
  // The keys of the table are kinds of lock files.
  const lockKind = kind as keyof typeof locks;
  await fc.assert(
    fc.asyncProperty(editsWith(...tomlParts), editsWith(...tomlParts), fc.nat(3), async (edits, others, which) => {
      const text = which === 0 ? original : edited(original, edits);
      const other = which === 1 ? project : edited(project, others);
      for (const selection of [
        { groups: [], extras: [] },
        { groups: ["dev"], extras: ["a"] },
      ]) {
        const read = () => readLock(lockKind, text, "lock", selection, { text: other, path: "pyproject.toml" });
        const meaning = await attempt(read, /^(?:LOCK_|SPEC_)/);
        if (meaning !== undefined) expect(await read()).toEqual(meaning);
      }
    }),
    { numRuns },
  );
});

test.each(Object.keys(locks))("a %s file of tables without end is refused", async (kind) => {
  for (const text of [
    `a = ${"[".repeat(50_000)}`,
    `a = ${"{b=".repeat(50_000)}`,
    `[${"a.".repeat(50_000)}a]`,
    `${"[[a]]\n".repeat(50_000)}`,
  ]) {
    const read = () =>
      readLock(kind as keyof typeof locks, text, "lock", undefined, { text: project, path: "pyproject.toml" });
    await attempt(read, /^(?:LOCK_|SPEC_)/);
  }
});
