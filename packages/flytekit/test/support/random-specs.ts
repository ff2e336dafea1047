import fc from "fast-check";
import type { JsonValue } from "../../src/request/python-json.ts";

/** A case of the differential test. */
export interface RandomCase {
  readonly spec?: Readonly<Record<string, JsonValue>>;
  readonly yaml?: string;
  readonly machine?: string;
  readonly loaded_modules?: readonly string[];
  /** Whether the full name is asked for too, which takes as long as the tag. */
  readonly named?: boolean;
}

type Json = fc.Arbitrary<JsonValue>;

const plainText = fc.stringMatching(/^[a-z][a-z0-9_.=<>-]{0,12}$/);
const oddPieces = [
  "'",
  '"',
  "\\",
  "\n",
  "\t",
  "\r",
  "\0",
  "\x1b",
  "\x7f",
  "\x85",
  "\xa0",
  "\xad",
  "é",
  "ß",
  "İ",
  "Σ",
  "ΑΣ",
  "你好",
  "🚀",
  "\u{1fae8}",
  "\u200b",
  "\u2028",
  "\u3000",
  "\ufeff",
  "\ue000",
  "\ud800",
  "\u{e0001}",
  "\u0301",
  "\u0378",
  "{",
  "}",
  "$HOME",
  " ",
  "a",
  "Z",
  "0",
];
const oddText = fc.array(fc.constantFrom(...oddPieces), { maxLength: 6 }).map((parts) => parts.join(""));
const anyCharacter = fc.integer({ min: 0x20, max: 0x1_ffff }).map((code) => String.fromCodePoint(code));
const text = fc.oneof(
  { weight: 5, arbitrary: plainText },
  { weight: 3, arbitrary: oddText },
  { weight: 2, arbitrary: anyCharacter },
);

const float: Json = fc
  .oneof(
    fc.double({ noDefaultInfinity: true, noNaN: true }),
    fc.double({ noDefaultInfinity: true, noNaN: true, min: -1e6, max: 1e6 }),
    fc.integer({ min: -40, max: 40 }).map((power) => 10 ** power),
    fc.integer({ min: -1000, max: 1000 }).map((value) => value / 8),
  )
  .map((value) => ({ $py: "float", repr: Object.is(value, -0) ? "-0.0" : String(value) }));
const special: Json = fc.constantFrom("nan", "inf", "-inf").map((repr) => ({ $py: "float", repr }));
const big: Json = fc
  .bigInt({ min: -(2n ** 80n), max: 2n ** 80n })
  .map((value) => ({ $py: "int", value: String(value) }));
const date: Json = fc.constantFrom<JsonValue>(
  { $py: "date", iso: "2024-01-31" },
  { $py: "datetime", iso: "2024-02-03T04:05:06" },
  { $py: "datetime", iso: "2024-02-03T04:05:00" },
  { $py: "datetime", iso: "2024-02-03T04:05:06.000120" },
);
const leaf: Json = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 2, arbitrary: fc.integer() },
  { weight: 2, arbitrary: fc.boolean() },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 2, arbitrary: float },
  special,
  big,
  date,
);
const value: Json = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: "value" },
    { weight: 5, arbitrary: leaf },
    fc.array(tie("value"), { maxLength: 3 }),
    fc.array(tie("value"), { maxLength: 2 }).map((items) => ({ $py: "tuple", items })),
    fc.array(fc.tuple(text, tie("value")), { maxLength: 3 }).map((items) => ({ $py: "dict", items })),
  ),
})).value;

const texts = fc.array(text, { maxLength: 4 });
const badList = fc.oneof(
  text,
  fc.constant(["a", 1]),
  fc.constant({ $py: "tuple", items: ["a"] }),
  fc.constant({ a: 1 }),
);
const list: Json = fc.oneof({ weight: 30, arbitrary: texts }, { weight: 1, arbitrary: badList });
const dict: Json = fc
  .array(fc.tuple(fc.oneof({ weight: 8, arbitrary: text }, fc.constantFrom("10", "2", "0")), value), { maxLength: 5 })
  .map((items) => ({ $py: "dict", items }));

const registry = fc.oneof(
  fc.constantFrom("localhost:30000", "Registry.Example.org/Team", "ghcr.io/a/b_c.d-e", "LOCALHOST:5000/x", "", "r:1/é"),
  fc.stringMatching(/^[a-zA-Z0-9._:/-]{1,14}$/),
  fc
    .array(fc.constantFrom("localhost", ":", "1", "12345", "a", "é", "/", ".", "-", "_", "\n", "٣", "名"), {
      maxLength: 6,
    })
    .map((parts) => parts.join("")),
);
const formatPieces = ["{spec_hash}", "{spec_hash:.8}", "{spec_hash!r}", "{spec_hash[0]}", "{{", "}}", "v1-", "{x}"];
const moreFormats = [
  "{0}",
  "{",
  "}",
  "{spec_hash:>30}",
  "{spec_hash:*^26.3s}",
  "é",
  "{spec_hash!s:5}",
  "{spec_hash:d}",
];
const tagFormat = fc
  .array(fc.constantFrom(...formatPieces, ...moreFormats), { maxLength: 3 })
  .map((parts) => parts.join(""));

const mounts: Json = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.array(
      fc.tuple(text, text).map((items) => ({ $py: "tuple", items })),
      { maxLength: 2 },
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom<JsonValue>([["a", "b"]], "a", [{ $py: "tuple", items: ["a"] }]) },
);

/** Files and folders that the cases may name: those of the fixture, and trees made for the run. */
export interface CasePlaces {
  readonly folder: string;
  readonly trees: readonly string[];
  readonly files: readonly string[];
}

/** Specs with fields of every kind, mostly right. */
export function randomCase(places: CasePlaces): fc.Arbitrary<RandomCase> {
  const { folder, trees, files } = places;
  const rooted = fc
    .constantFrom(...trees)
    .chain((tree) =>
      fc.constantFrom(tree, `${folder}/${tree}`, `${folder}/${tree}/`, `./${tree}`, `${folder}//${tree}`, "nowhere"),
    );
  const mode: Json = fc.constantFrom<JsonValue>(
    { $py: "CopyFileDetection", name: "ALL" },
    { $py: "CopyFileDetection", name: "ALL" },
    { $py: "CopyFileDetection", name: "LOADED_MODULES" },
    { $py: "CopyFileDetection", name: "NO_COPY" },
    "ALL",
    "NO_COPY",
  );
  const file = fc.constantFrom(...files);
  const copied = fc.oneof(
    file,
    fc.constantFrom(...trees),
    fc.constantFrom("assets", "assets/", "none.txt", "./assets/a"),
  );
  const fields: Readonly<Record<string, Json>> = {
    name: fc.oneof(text, fc.constantFrom("Train", "A/B:c")),
    python_version: fc.oneof(fc.constantFrom<JsonValue>("3.11", "3.12.4", { $py: "float", repr: "3.1" }), leaf),
    builder: text,
    env: fc.oneof({ weight: 8, arbitrary: dict }, { weight: 1, arbitrary: value }),
    registry,
    packages: list,
    conda_packages: list,
    conda_channels: list,
    requirements: fc.oneof(file, fc.constantFrom("", "reqs", "none.txt", "./reqs//same1.txt")),
    apt_packages: list,
    cuda: leaf,
    cudnn: text,
    platform: fc.constantFrom<JsonValue>(null, "", "linux/arm64", "linux/amd64,linux/arm64"),
    pip_index: text,
    pip_extra_index_url: list,
    pip_secret_mounts: mounts,
    pip_extra_args: text,
    registry_config: text,
    entrypoint: list,
    commands: list,
    tag_format: tagFormat,
    copy: fc.array(copied, { maxLength: 4 }),
    python_exec: text,
    runtime_packages: list,
    builder_options: fc.oneof({ weight: 8, arbitrary: dict }, { weight: 1, arbitrary: leaf }),
    builder_config: dict,
  };
  const flat = fc
    .subarray(Object.keys(fields), { minLength: 0, maxLength: 7 })
    .chain((names) =>
      fc.record(Object.fromEntries(names.map((name) => [name, fields[name] ?? leaf])) as Record<string, Json>),
    );
  const sourced = fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    { weight: 2, arbitrary: fc.record({ source_root: rooted, source_copy_mode: mode }) },
    { weight: 1, arbitrary: fc.record({ source_root: rooted }) },
    { weight: 1, arbitrary: fc.record({ source_copy_mode: mode }) },
  );
  const spec = fc.tuple(flat, sourced).map(([one, other]) => ({ ...one, ...other }));
  const based = fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: fc.record({ base_image: fc.oneof(text, dict) }) },
    { weight: 1, arbitrary: spec.map((nested) => ({ base_image: { $py: "ImageSpec", fields: nested } })) },
  );
  const modules = fc.array(
    file.map((name) => `${folder}/${name}`),
    { maxLength: 4 },
  );
  return fc
    .tuple(spec, based, fc.constantFrom("x86_64", "arm64", "AARCH64"), modules)
    .map(([one, base, machine, loaded]) => ({ spec: { ...one, ...base }, machine, loaded_modules: loaded }));
}

const scalars = (
  "yes No ON off true False y n ~ null Null NULL 0 -0 +1 007 0o17 08 09 0x1F 0b101 1_000 1:30 1:30.5 190:20:30 .5 5. 1.5 -1.5e+3 " +
  "1e3 1.0e3 1.0e+3 6.02E-23 .inf -.INF .NaN 2024-01-31 2024-1-3 2024-01-31T04:05:06 2024-01-31T04:05:06Z " +
  "2024-02-30 '2024-01-31' \"yes\" 'it''s' \"a\\tb\\u00e9\" plain = == <<x 3.10 3.11 12_3.4_5 1__0 0_7 -0x1f !!str&1 abc:def"
)
  .split(" ")
  .map((word) => word.replace("&", " "));

/** Spec files with the scalars that YAML 1.1 and 1.2, or PyYAML and others, read differently. */
export const randomYaml: fc.Arbitrary<RandomCase> = fc
  .tuple(
    fc.constantFrom(...scalars, "[a, b]", "{a: 1}", "numpy"),
    fc.array(fc.tuple(fc.constantFrom(...scalars.slice(0, 24), "KEY", "'10'", "B"), fc.constantFrom(...scalars, "")), {
      maxLength: 6,
    }),
    fc.constantFrom(
      "",
      "packages: [numpy, pandas==2.0]\n",
      "packages: numpy\n",
      "packages:\n- a\n- 1.5\n",
      "name: A\nname: b\n",
    ),
    fc.constantFrom("", "builder_options:\n  a: &x {k: 1, l: 2}\n  b:\n    <<: *x\n    l: 3\n", "entrypoint: []\n"),
    fc.constantFrom(
      "",
      "commands:\n- |\n  a\n  b\n- >-\n  c\n  d\n",
      "apt_packages: ['git', \"curl\"]\n",
      "pakages: [x]\n",
    ),
  )
  .map(([python, env, packages, options, commands]) => {
    const lines = env.map(([key, item]) => `  ${key}: ${item}\n`);
    const mapping = lines.length === 0 ? "" : `env:\n${lines.join("")}`;
    return { yaml: `python_version: ${python}\n${mapping}${packages}${options}${commands}` };
  });
