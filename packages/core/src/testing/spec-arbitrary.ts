import fc from "fast-check";
import type { ImageSpecInput } from "../spec/image-spec-input.ts";
import type { NormalizedImageSpec } from "../spec/normalized-spec.ts";

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
const value = fc
  .string({ unit: "grapheme", maxLength: 8 })
  .filter((text) => !text.includes("\0") && !/\p{Surrogate}/u.test(text));
const requirement = fc.oneof(
  word,
  fc.tuple(word, fc.constantFrom("==", ">=", "<"), fc.nat(30)).map(([name, op, n]) => `${name}${op}${n}`),
);
const list = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 3 });
const path = list(word).map((parts) => `/${parts.join("/")}`);
const relative = fc.array(word, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
const command = fc.oneof(
  word,
  fc.record({ run: word, after: fc.constantFrom("system", "packages", "source") }, { requiredKeys: ["run"] }),
);

/** Specs that need no file: every content field, small domains so that near misses are frequent. */
export const specArbitrary: fc.Arbitrary<ImageSpecInput> = fc.record(
  {
    name: word,
    registry: fc.constantFrom("registry.acme.dev", "localhost:5000/team"),
    pythonVersion: fc.constantFrom("3.11", "3.12", "3.12.4", "3.13"),
    baseImage: fc.oneof(
      fc.constantFrom("scratch", "ubuntu:24.04", "docker.io/library/ubuntu:24.04", "ghcr.io/a/b"),
      fc.constant({ debian: "trixie" as const }),
    ),
    packages: list(requirement),
    pipIndex: fc.constantFrom("https://a.dev/simple", "https://b.dev/simple", "https://pypi.org/simple"),
    pipExtraIndexUrl: list(fc.constantFrom("https://c.dev/s", "https://d.dev/s")),
    pipExtraArgs: fc.constantFrom("--pre", "--no-binary lxml"),
    excludeNewer: fc.constantFrom("2026-01-01", "2026-01-02T00:00:00Z"),
    aptPackages: list(fc.constantFrom("curl", "git", "libgomp1", "curl=8")),
    commands: list(command),
    env: fc.dictionary(fc.constantFrom("A", "B", "__proto__", "PATH"), value, { maxKeys: 3 }),
    entrypoint: list(value),
    cmd: list(value),
    user: fc.constantFrom("root", "1000:1000"),
    workdir: path,
    labels: fc.dictionary(word, value, { maxKeys: 2 }),
    copy: list(fc.oneof(relative, fc.record({ from: relative, to: path }))),
    runtimePackages: list(requirement),
    bytecode: fc.boolean(),
    profile: fc.constantFrom("imagespec", "flytekit"),
    platform: fc.oneof(
      fc.constantFrom("linux/amd64", "linux/x86_64", "linux/arm64"),
      fc.constant(["linux/arm64", "linux/amd64"]),
    ),
  },
  { requiredKeys: [] },
);

/** Two specs without files, often equal or different in one field only. */
export const specPairArbitrary: fc.Arbitrary<readonly [ImageSpecInput, ImageSpecInput]> = fc
  .tuple(
    // Copy entries would be read from disk.
    specArbitrary.map(({ copy: _copy, ...input }) => input),
    specArbitrary.map(({ copy: _copy, ...input }) => input),
    fc.nat(40),
  )
  .map(([a, b, pick]) => {
    const names = Object.keys(b) as (keyof typeof b)[];
    const name = names[pick];
    return [a, name === undefined ? b : { ...a, [name]: b[name] }];
  });

/** What a normalised spec says without where the image is: an oracle for fingerprints that shares no code with them. */
export function contentOf(spec: NormalizedImageSpec): unknown {
  const { name: _name, registry: _registry, tagFormat: _tagFormat, ...content } = spec;
  return content;
}
