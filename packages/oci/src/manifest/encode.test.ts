import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestOf } from "../digest/digest.ts";
import { mediaTypes } from "../media-types.ts";
import type { Descriptor } from "./descriptor.ts";
import { encodeConfig, encodeManifest } from "./encode.ts";
import { type ImageConfig, parseImageConfig } from "./image-config.ts";
import { type ImageIndex, type ImageManifest, parseManifest } from "./manifest.ts";

const digest = digestOf("x");

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** A copy with the keys of every object in reverse. */
function reversed<T>(value: T): T {
  if (Array.isArray(value)) return value.map(reversed) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, field]) => [key, reversed(field)]),
  ) as T;
}

const descriptors: fc.Arbitrary<Descriptor> = fc.record(
  {
    mediaType: fc.constantFrom(...Object.values(mediaTypes)).filter((type) => type !== mediaTypes.ociEmpty),
    digest: fc.string().map((value) => digestOf(value)),
    size: fc.maxSafeNat(),
    urls: fc.array(fc.webUrl(), { maxLength: 2 }),
    annotations: fc.dictionary(fc.string(), fc.string({ unit: "grapheme" }), { noNullPrototype: true }),
    platform: fc.record(
      { os: fc.string(), architecture: fc.string(), variant: fc.string(), "os.features": fc.array(fc.string()) },
      { requiredKeys: ["os", "architecture"], noNullPrototype: true },
    ),
    artifactType: fc.string(),
  },
  { requiredKeys: ["mediaType", "digest", "size"], noNullPrototype: true },
);

describe("encodeManifest", () => {
  const config = { mediaType: mediaTypes.ociConfig, digest, size: 2 };

  test("writes known bytes", () => {
    const manifest: ImageManifest = {
      annotations: { b: "2", a: "1", "10": "x", "9": "y" },
      layers: [{ size: 1, digest, mediaType: mediaTypes.ociLayer }],
      config,
      mediaType: mediaTypes.ociManifest,
      schemaVersion: 2,
    };
    const { bytes, descriptor } = encodeManifest(manifest);
    expect(text(bytes)).toBe(
      `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"${digest}","size":2},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"${digest}","size":1}],"annotations":{"10":"x","9":"y","a":"1","b":"2"}}`,
    );
    expect(descriptor).toStrictEqual({
      mediaType: mediaTypes.ociManifest,
      digest: digestOf(bytes),
      size: bytes.byteLength,
    });
  });

  test("writes the known bytes of an index", () => {
    const index: ImageIndex = {
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [
        {
          platform: { variant: "v6", os: "linux", architecture: "arm" },
          size: 3,
          digest,
          mediaType: mediaTypes.ociManifest,
        },
      ],
    };
    expect(text(encodeManifest(index).bytes)).toBe(
      `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"${digest}","size":3,"platform":{"architecture":"arm","os":"linux","variant":"v6"}}]}`,
    );
  });

  test("is read back as the same value, whatever the order of its keys", () => {
    const common = {
      subject: descriptors,
      annotations: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
      artifactType: fc.string(),
    };
    const manifests = fc.record(
      {
        ...common,
        schemaVersion: fc.constant(2 as const),
        mediaType: fc.constantFrom(mediaTypes.ociManifest, mediaTypes.dockerManifest),
        config: descriptors,
        layers: fc.array(descriptors, { maxLength: 4 }),
      },
      { requiredKeys: ["schemaVersion", "mediaType", "config", "layers"], noNullPrototype: true },
    );
    const indexes = fc.record(
      {
        ...common,
        schemaVersion: fc.constant(2 as const),
        mediaType: fc.constantFrom(mediaTypes.ociIndex, mediaTypes.dockerManifestList),
        manifests: fc.array(descriptors, { maxLength: 4 }),
      },
      { requiredKeys: ["schemaVersion", "mediaType", "manifests"], noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.oneof<fc.Arbitrary<ImageManifest | ImageIndex>[]>(manifests, indexes), (manifest) => {
        const { bytes, descriptor } = encodeManifest(manifest);
        expect(parseManifest(bytes, descriptor.mediaType)).toStrictEqual(manifest);
        expect(text(encodeManifest(reversed(manifest)).bytes)).toBe(text(bytes));
      }),
    );
  });

  test("refuses what could not be read back", () => {
    const manifest: ImageManifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [] };
    const broken = (changes: object) => () => encodeManifest({ ...manifest, ...changes });
    expect(broken({ config: { ...config, size: Number.NaN } })).toThrow('"manifest.config.size" is "null"');
    expect(broken({ config: { ...config, digest: "x" } })).toThrow("manifest.config.digest");
    expect(broken({ mediaType: "text/html" })).toThrow("text/html");
    expect(broken({ annotations: { a: 1n } })).toThrow(expect.objectContaining({ code: "MANIFEST_INVALID" }));
    expect(broken({ annotations: { a: "x".repeat(2 ** 22) } })).toThrow("limit");
  });

  test("wants an artifactType beside an empty config", () => {
    const empty = { mediaType: mediaTypes.ociEmpty, digest: digestOf("{}"), size: 2 };
    const manifest: ImageManifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: empty, layers: [] };
    expect(() => encodeManifest(manifest)).toThrow('"manifest.artifactType" is missing');
    expect(parseManifest(encodeManifest({ ...manifest, artifactType: "a/b" }).bytes).artifactType).toBe("a/b");
  });
});

describe("encodeConfig", () => {
  const base: ImageConfig = { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [digest] } };

  test("writes known bytes", () => {
    const config = parseImageConfig(
      JSON.stringify({
        history: [{ empty_layer: true, created_by: "x" }],
        config: {
          Zed: { b: 1, a: [2] },
          Labels: { b: "2", a: "1" },
          Cmd: ["sh"],
          AttachStdin: false,
          Env: ["A=<é>"],
          User: "",
        },
        created: "1970-01-01T00:00:00Z",
        ...base,
      }),
    );
    const { bytes, descriptor } = encodeConfig(config);
    expect(text(bytes)).toBe(
      `{"created":"1970-01-01T00:00:00Z","architecture":"amd64","os":"linux","config":{"User":"","Env":["A=<é>"],"Cmd":["sh"],"Labels":{"a":"1","b":"2"},"AttachStdin":false,"Zed":{"a":[2],"b":1}},"rootfs":{"type":"layers","diff_ids":["${digest}"]},"history":[{"created_by":"x","empty_layer":true}]}`,
    );
    expect(descriptor).toStrictEqual({
      mediaType: mediaTypes.ociConfig,
      digest: digestOf(bytes),
      size: bytes.byteLength,
    });
    expect(encodeConfig(config, mediaTypes.dockerConfig).descriptor.mediaType).toBe(mediaTypes.dockerConfig);
  });

  test("keeps unknown fields of config through a change", () => {
    const found = parseImageConfig(
      JSON.stringify({ ...base, config: { Hostname: "h", OpenStdin: null, Cmd: ["sh"] } }),
    );
    const changed = { ...found, config: { ...found.config, Cmd: ["python"], Labels: { a: "b" } } };
    const again: unknown = JSON.parse(text(encodeConfig(changed).bytes));
    expect(again).toStrictEqual({
      ...base,
      config: { Hostname: "h", OpenStdin: null, Cmd: ["python"], Labels: { a: "b" } },
    });
  });

  test("is read back as the same value, whatever the order of its keys", () => {
    const configs: fc.Arbitrary<ImageConfig> = fc.record(
      {
        architecture: fc.string(),
        os: fc.string(),
        variant: fc.string(),
        created: fc
          .date({ noInvalidDate: true, min: new Date(0), max: new Date("9999-01-01") })
          .map((date) => date.toISOString()),
        config: fc.dictionary(fc.stringMatching(/^x.*$/), fc.jsonValue(), { noNullPrototype: true }),
        rootfs: fc
          .array(fc.string().map((value) => digestOf(value)))
          .map((diffIds) => ({ type: "layers" as const, diff_ids: diffIds })),
        history: fc.array(
          fc.record(
            { created_by: fc.string(), empty_layer: fc.boolean() },
            { requiredKeys: [], noNullPrototype: true },
          ),
        ),
      },
      { requiredKeys: ["architecture", "os", "rootfs"], noNullPrototype: true },
    );
    fc.assert(
      fc.property(configs, (config) => {
        const { bytes } = encodeConfig(config);
        // JSON has no -0.
        expect(parseImageConfig(bytes)).toEqual(JSON.parse(JSON.stringify(config)));
        expect(text(encodeConfig(reversed(config)).bytes)).toBe(text(bytes));
      }),
    );
  });

  test("refuses nesting that would end the stack", () => {
    const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
    const config = parseImageConfig(
      JSON.stringify({ ...base, config: { Deep: 0 } }).replace('"Deep":0', `"Deep":${deep}`),
    );
    expect(() => encodeConfig(config)).toThrow(expect.objectContaining({ code: "MANIFEST_INVALID" }));
  });
});
