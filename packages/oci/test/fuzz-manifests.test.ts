import { isImageSpecError } from "@imagespec/errors";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  encodeConfig,
  encodeManifest,
  familiarImageReference,
  formatImageReference,
  formatPlatform,
  isDigest,
  isImageIndex,
  matchesPlatform,
  mediaTypes,
  parseDigest,
  parseImageConfig,
  parseImageReference,
  parseManifest,
  parsePlatform,
  parseRegistry,
  platformOfConfig,
} from "../src/index.ts";

const numRuns = Number(process.env["IMAGESPEC_FUZZ_RUNS"] ?? 500);

const digest = `sha256:${"0".repeat(64)}`;
const descriptor = { mediaType: mediaTypes.ociLayerGzip, digest, size: 1 };
const manifest = {
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  config: { ...descriptor, mediaType: mediaTypes.ociConfig, platform: { os: "linux", architecture: "amd64" } },
  layers: [descriptor, { ...descriptor, urls: ["https://a"], annotations: { a: "b" } }],
  annotations: { a: "b" },
  subject: descriptor,
};
const platform = { os: "linux", architecture: "arm64", variant: "v8" };
const index = {
  schemaVersion: 2,
  mediaType: mediaTypes.ociIndex,
  manifests: [{ ...descriptor, mediaType: mediaTypes.ociManifest, platform }],
};
const config = {
  architecture: "amd64",
  os: "linux",
  created: "1970-01-01T00:00:00Z",
  config: {
    User: "a",
    Env: ["A=b"],
    Entrypoint: ["a"],
    Cmd: null,
    Labels: { a: "b" },
    ExposedPorts: { "80/tcp": {} },
    Volumes: null,
    WorkingDir: "/",
    Healthcheck: { Test: ["NONE"] },
    OnBuild: [],
  },
  rootfs: { type: "layers", diff_ids: [digest] },
  history: [{ created_by: "a", empty_layer: true }],
};

const value = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    1.5,
    2 ** 53,
    1e308,
    "",
    "2",
    "\0",
    "linux",
    "../../x",
    "sha256:",
    `SHA256:${"0".repeat(64)}`,
    `sha256:${"0".repeat(63)}G`,
    "sha512:0",
    "__proto__",
    mediaTypes.ociIndex,
    mediaTypes.dockerManifest,
    "application/vnd.docker.distribution.manifest.v1+json",
    "text/html; charset=utf-8",
    [],
    {},
    [[]],
  ),
  fc.jsonValue({ maxDepth: 2 }),
);
interface Step {
  readonly at: number;
  readonly what: "replace" | "remove" | "add";
  readonly key: string;
  readonly value: unknown;
}
const keys = [
  "mediaType",
  "config",
  "layers",
  "manifests",
  "data",
  "size",
  "__proto__",
  "constructor",
  "platform",
  "x",
];
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    at: fc.nat(60),
    what: fc.constantFrom<Step["what"]>("replace", "remove", "add"),
    key: fc.constantFrom(...keys),
    value,
  }),
  { minLength: 1, maxLength: 4 },
);

/** A document in which some members are others. */
function altered(document: unknown, changes: readonly Step[]): unknown {
  const copy: unknown = JSON.parse(JSON.stringify(document));
  for (const change of changes) {
    const places: [Record<string, unknown>, string][] = [];
    const visit = (node: unknown): void => {
      if (typeof node !== "object" || node === null) return;
      for (const [member, below] of Object.entries(node)) {
        // What has members can be read by their names.
        places.push([node as Record<string, unknown>, member]);
        visit(below);
      }
    };
    visit(copy);
    const place = places[change.at % Math.max(1, places.length)];
    if (place === undefined) continue;
    const [parent, member] = place;
    // A copy: constants are the same object in every run, and a later change may be to this very value.
    const written = { value: structuredClone(change.value), enumerable: true, writable: true, configurable: true };
    if (change.what === "remove") delete parent[member];
    else if (change.what === "add" && !Array.isArray(parent)) Object.defineProperty(parent, change.key, written);
    else Object.defineProperty(parent, member, written);
  }
  return copy;
}

/** The result, or nothing for an error with one of the codes. */
function attempt<T>(action: () => T, ...codes: readonly string[]): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!isImageSpecError(error) || !codes.includes(error.code)) throw error;
    expect(error.hint ?? "x").not.toBe("");
    return undefined;
  }
}

const contentType = fc.constantFrom(
  undefined,
  "",
  "application/json",
  mediaTypes.ociIndex,
  mediaTypes.ociManifest,
  "text/html",
  "a/b;c",
);

test("altered manifests and indexes are refused as MANIFEST_INVALID, or come back from their own bytes", () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.constantFrom<unknown>(manifest, index, config), steps, contentType, (document, changes, type) => {
      const text = JSON.stringify(altered(document, changes));
      const parsed = attempt(() => parseManifest(text, type), "MANIFEST_INVALID");
      if (parsed === undefined) return;
      accepted++;
      for (const found of isImageIndex(parsed) ? parsed.manifests : [parsed.config, ...parsed.layers]) {
        expect(isDigest(found.digest)).toBe(true);
        expect(Number.isSafeInteger(found.size) && found.size >= 0).toBe(true);
      }
      expect(parseManifest(encodeManifest(parsed).bytes)).toEqual(parsed);
    }),
    { numRuns },
  );
  expect(accepted).toBeGreaterThan(0);
});

test("altered configs are refused as MANIFEST_INVALID, or come back from their own bytes", () => {
  fc.assert(
    fc.property(steps, (changes) => {
      const text = JSON.stringify(altered(config, changes));
      const parsed = attempt(() => parseImageConfig(text), "MANIFEST_INVALID");
      if (parsed === undefined) return;
      const encoded = encodeConfig(parsed);
      expect(parseImageConfig(encoded.bytes)).toEqual(parsed);
      expect(encodeConfig(parseImageConfig(encoded.bytes)).descriptor).toEqual(encoded.descriptor);
      expect(matchesPlatform(platformOfConfig(parsed), platformOfConfig(parsed))).toBe(true);
    }),
    { numRuns },
  );
});

test("bytes that are cut, altered or no JSON are refused", () => {
  const flips = fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 3 });
  fc.assert(
    fc.property(fc.constantFrom<unknown>(manifest, index, config), flips, fc.nat(2000), (document, bytes, end) => {
      const whole = Buffer.from(JSON.stringify(document));
      for (const [at, byte] of bytes) whole[at % whole.length] = byte;
      const text = end < whole.length ? whole.subarray(0, end) : whole;
      attempt(() => parseManifest(text), "MANIFEST_INVALID");
      attempt(() => parseImageConfig(text), "MANIFEST_INVALID");
    }),
    { numRuns },
  );
});

test.each([
  ["lists", "[", "]"],
  ["objects", '{"a":', "}"],
])("%s inside of each other without end are refused", (_, open, close) => {
  const deep = `${open.repeat(200_000)}1${close.repeat(200_000)}`;
  for (const field of ["Healthcheck", "Other"]) {
    const text = JSON.stringify({ ...config, config: { [field]: 0 } }).replace(`"${field}":0`, `"${field}":${deep}`);
    expect(attempt(() => encodeConfig(parseImageConfig(text)), "MANIFEST_INVALID")).toBeUndefined();
  }
  expect(attempt(() => parseManifest(deep), "MANIFEST_INVALID")).toBeUndefined();
});

const words = [
  ..."/:@.-_ \0é".split(""),
  "docker.io",
  "library",
  "localhost",
  ":5000",
  "[::1]",
  "sha256:",
  "0".repeat(64),
  "a",
  "A",
  "..",
  "__",
  "latest",
  "%2e",
  "https://",
  "127.0.0.1",
  "linux",
  "/amd64",
  "/v8",
];
const text = fc
  .array(fc.oneof(fc.constantFrom(...words), fc.string({ unit: "binary", maxLength: 3 })), { maxLength: 6 })
  .map((parts) => parts.join(""));

test("any text is an image reference with one spelling, or refused", () => {
  fc.assert(
    fc.property(text, (given) => {
      const parsed = attempt(() => parseImageReference(given), "REFERENCE_INVALID", "DIGEST_INVALID");
      if (parsed === undefined) return;
      const formatted = formatImageReference(parsed);
      expect(formatted).not.toMatch(/[\s%]|\.\.\/|\/\//);
      expect(formatted).not.toContain("\0");
      expect(parseImageReference(formatted)).toEqual(parsed);
      expect(parseImageReference(familiarImageReference(parsed))).toEqual(parsed);
    }),
    { numRuns },
  );
});

test("any text is a registry, a platform or a digest with one spelling, or refused", () => {
  fc.assert(
    fc.property(text, (given) => {
      const registry = attempt(() => parseRegistry(given), "REFERENCE_INVALID");
      if (registry !== undefined) expect(parseRegistry(registry)).toBe(registry);
      const found = attempt(() => parsePlatform(given), "PLATFORM_INVALID");
      if (found !== undefined) expect(parsePlatform(formatPlatform(found))).toEqual(found);
      const parsed = attempt(() => parseDigest(given), "DIGEST_INVALID");
      if (parsed !== undefined) expect(parsed).toBe(given);
    }),
    { numRuns },
  );
});
