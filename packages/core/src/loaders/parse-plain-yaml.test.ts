import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDocument } from "yaml";
import { parsePlainYaml } from "./parse-plain-yaml.ts";

/** As spec files are read. */
function full(text: string): unknown {
  const document = parseDocument(text, { version: "1.2", uniqueKeys: true, prettyErrors: false, logLevel: "error" });
  return document.errors.length > 0 ? document.errors[0]?.message : document.toJS();
}

test("reads what specs usually look like", () => {
  const text = `# an image
$schema: https://imagespec.dev/schema.json
name: acme/train   # the repository
pythonVersion: "3.12"
baseImage: 127.0.0.1:41000/base:1
packages: [numpy>=2, 'pandas==2.2', "scipy[a,b]"]
env: { OMP_NUM_THREADS: "2", URL: https://example.org }
bytecode: true
aptPackages:
- curl
- libgomp1 # for xgboost

labels:
  org.opencontainers: x
copy: []
`;
  const value = parsePlainYaml(text);
  expect(value).toEqual(full(text));
  expect(value).toMatchObject({ aptPackages: ["curl", "libgomp1"], labels: { "org.opencontainers": "x" } });
});

test.each([
  "",
  "a",
  "- a\n",
  "a:\n",
  "a: 1\n",
  "a: 3.12\n",
  "a: null\n",
  "a: ~\n",
  "a: Yes\n",
  "a: b: c\n",
  "a: b:\n",
  "a: &x b\n",
  "a: *x\n",
  "a: !!str b\n",
  "a: |\n  b\n",
  "a: b\n  c\n",
  "a: 'it''s'\n",
  'a: "\\n"\n',
  "a: b\na: c\n",
  "<<: b\n",
  "a: [b, ]\n",
  "a: [b: c]\n",
  "a: [b\n  c]\n",
  "a: { b }\n",
  "a: {b:c}\n",
  "a: - b\n",
  "a:\n - b\n- c\n",
  "a:\n  b: c\n d: e\n",
  "--- \na: b\n",
  "a: b\n---\nc: d\n",
  "a:\tb\n",
  "a: b\r\n",
  "\uFEFFa: b\n",
  " a: b\n",
  "__proto__: b\n",
  "a: @b\n",
  "a: 'b' c\n",
])("leaves %j to the full parser", (text) => {
  expect(parsePlainYaml(text)).toBeUndefined();
});

const pieces = [
  ..."abz019 ,:[]{}#-'\"\n_/.$@&*!|>%=~?\\",
  ...[
    "  ",
    "\n  ",
    "\n- ",
    "\n  - ",
    ": ",
    " #",
    "a: ",
    "b:",
    "key: ",
    "true",
    "null",
    "no",
    "0x1",
    "1e3",
    "10.0.0.1:80/a",
  ],
  ...["{ a: b }", "[a, b]", "'x'", '"x"', "a:\n", "a: b\n", "\nc: ", "---", "<<"],
];

test("whatever it reads, the full parser reads the same", () => {
  let read = 0;
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 14 }), (parts) => {
      const text = `a: ${parts.join("")}`;
      const value = parsePlainYaml(text);
      if (value === undefined) return;
      read++;
      expect(value).toEqual(full(text));
    }),
    { numRuns: 4000 },
  );
  expect(read).toBeGreaterThan(200);
});
