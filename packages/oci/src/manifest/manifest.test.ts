import { ImageSpecError } from "@imagespec/errors";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestOf } from "../digest/digest.ts";
import { mediaTypes } from "../media-types.ts";
import { parseDescriptor } from "./descriptor.ts";
import { parseImageConfig } from "./image-config.ts";
import { isImageIndex, parseImageIndex, parseImageManifest, parseManifest } from "./manifest.ts";
import { maxManifestSize } from "./parse-json.ts";

const digest = digestOf("x");
const config = { mediaType: mediaTypes.ociConfig, digest, size: 2 };
const layer = { mediaType: mediaTypes.ociLayerGzip, digest, size: 1 };
const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [layer, layer] };
const entry = {
  mediaType: mediaTypes.ociManifest,
  digest,
  size: 3,
  platform: { os: "linux", architecture: "arm64", variant: "v8" },
};
const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [entry] };

function json(value: unknown): string {
  return JSON.stringify(value);
}

describe("parseManifest", () => {
  test("reads manifests, duplicate layers included", () => {
    expect(parseManifest(json(manifest))).toStrictEqual(manifest);
    expect(parseManifest(Buffer.from(json(manifest)), mediaTypes.ociManifest)).toStrictEqual(manifest);
    expect(parseImageManifest(json(manifest))).toStrictEqual(manifest);
  });

  test("reads indexes", () => {
    expect(parseManifest(json(index))).toStrictEqual(index);
    expect(isImageIndex(parseManifest(json(index)))).toBe(true);
    expect(isImageIndex(parseManifest(json(manifest)))).toBe(false);
    expect(parseImageIndex(json(index))).toStrictEqual(index);
    expect(parseImageIndex(json({ ...index, manifests: [] })).manifests).toEqual([]);
  });

  test("reads Docker's types", () => {
    const docker = { ...manifest, mediaType: mediaTypes.dockerManifest };
    const list = { ...index, mediaType: mediaTypes.dockerManifestList };
    expect(parseManifest(json(docker), mediaTypes.dockerManifest)).toStrictEqual(docker);
    expect(parseManifest(json(list), `${mediaTypes.dockerManifestList}; charset=utf-8`)).toStrictEqual(list);
  });

  test("takes the type from the header, else from the shape", () => {
    const { mediaType: _, ...bare } = manifest;
    const { mediaType: __, ...bareIndex } = index;
    expect(parseManifest(json(bare), mediaTypes.dockerManifest).mediaType).toBe(mediaTypes.dockerManifest);
    expect(parseManifest(json(bare)).mediaType).toBe(mediaTypes.ociManifest);
    expect(parseManifest(json(bareIndex)).mediaType).toBe(mediaTypes.ociIndex);
    expect(parseManifest(json(bareIndex), "application/json").mediaType).toBe(mediaTypes.ociIndex);
    expect(parseManifest(json(manifest), "text/plain; charset=utf-8").mediaType).toBe(mediaTypes.ociManifest);
  });

  test("reads artifacts with a subject", () => {
    const artifact = {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType: "application/vnd.dev.imagespec.record.v1+json",
      config: { mediaType: mediaTypes.ociEmpty, digest: digestOf("{}"), size: 2, data: "e30=" },
      layers: [{ ...layer, urls: ["https://acme.dev/x"], annotations: { "org.opencontainers.image.title": "x" } }],
      subject: { mediaType: mediaTypes.ociManifest, digest, size: 7 },
      annotations: { b: "1", a: "2", __proto__x: "3" },
    };
    expect(parseManifest(json(artifact))).toStrictEqual(artifact);
  });

  test("takes null for absent, as Go writes it", () => {
    const text = json({
      ...manifest,
      layers: null,
      annotations: null,
      subject: null,
      config: { ...config, urls: null },
    });
    expect(parseManifest(text)).toStrictEqual({ ...manifest, layers: [] });
  });

  test("keeps a key named __proto__ as an annotation", () => {
    const text = json(manifest).replace(/}$/, ',"annotations":{"__proto__":"x"}}');
    expect(Object.entries(parseManifest(text).annotations ?? {})).toEqual([["__proto__", "x"]]);
  });

  test.each<[name: string, content: unknown, mediaType: string | undefined, message: string, hint: string]>([
    ["a list", [], undefined, '"manifest" is a list, not an object', "write an object"],
    ["null", null, undefined, '"manifest" is "null"', "write an object"],
    ["schema 1", { schemaVersion: 1, fsLayers: [] }, undefined, "schema 1", "push the image anew"],
    [
      "signed schema 1",
      { schemaVersion: 1 },
      mediaTypes.dockerSchema1SignedManifest,
      "schema 1",
      "push the image anew",
    ],
    ["an artifact manifest", { mediaType: mediaTypes.ociArtifactManifest }, undefined, "dropped", "artifactType"],
    [
      "no schemaVersion",
      { ...manifest, schemaVersion: undefined },
      undefined,
      '"manifest.schemaVersion" is missing',
      "number 2",
    ],
    [
      "a text as schemaVersion",
      { ...manifest, schemaVersion: "2" },
      undefined,
      'schemaVersion" is "2", not 2',
      "number 2",
    ],
    ["an unknown type", { ...manifest, mediaType: "text/html" }, undefined, '"text/html"', mediaTypes.ociManifest],
    ["an unknown header", manifest, "text/html; charset=utf-8", '"text/html"', mediaTypes.ociManifest],
    [
      "a conflict",
      manifest,
      mediaTypes.dockerManifest,
      `served as "${mediaTypes.dockerManifest}"`,
      "push the image anew",
    ],
    ["a header of an index", manifest, mediaTypes.ociIndex, "served as", "push the image anew"],
    ["a number as type", { ...manifest, mediaType: 1 }, undefined, '"manifest.mediaType" is "1"', "text"],
    ["no shape", { schemaVersion: 2 }, undefined, '"manifest.mediaType" is missing', mediaTypes.ociIndex],
    ["two shapes", { schemaVersion: 2, layers: [], manifests: [] }, undefined, "mediaType", 'keep either "manifests"'],
    [
      "manifests in a manifest",
      { ...manifest, manifests: [] },
      undefined,
      '"manifest.manifests" does not belong',
      "remove",
    ],
    ["layers in an index", { ...index, layers: [] }, undefined, '"manifest.layers" does not belong', "remove"],
    ["a config in an index", { ...index, config }, undefined, '"manifest.config" does not belong', "remove"],
    ["no config", { ...manifest, config: undefined }, undefined, '"manifest.config" is missing', "object"],
    ["no layers", { ...manifest, layers: undefined }, undefined, '"manifest.layers" is missing', "list"],
    ["no manifests", { ...index, manifests: undefined }, undefined, '"index.manifests" is missing', "list"],
    [
      "layers in an object",
      { ...manifest, layers: {} },
      undefined,
      '"manifest.layers" is an object, not a list',
      "list",
    ],
    ["a null layer", { ...manifest, layers: [layer, null] }, undefined, '"manifest.layers[1]" is "null"', "object"],
    [
      "a text as size",
      { ...manifest, layers: [{ ...layer, size: "12" }] },
      undefined,
      '"manifest.layers[0].size" is "12"',
      "without quotation",
    ],
    ["a negative size", { ...manifest, layers: [{ ...layer, size: -1 }] }, undefined, 'size" is "-1"', "from 0"],
    [
      "a fraction as size",
      { ...manifest, config: { ...config, size: 1.5 } },
      undefined,
      '"manifest.config.size" is "1.5"',
      "whole",
    ],
    [
      "an unsafe size",
      { ...manifest, config: { ...config, size: 2 ** 53 } },
      undefined,
      'size" is "9007199254740992"',
      "whole",
    ],
    [
      "a short digest",
      { ...index, manifests: [{ ...entry, digest: "sha256:ab" }] },
      undefined,
      '"index.manifests[0].digest" is "sha256:ab"',
      "copy the whole",
    ],
    [
      "no digest",
      { ...manifest, subject: { ...layer, digest: undefined } },
      undefined,
      '"manifest.subject.digest" is missing',
      "digest",
    ],
    [
      "no media type",
      { ...manifest, layers: [{ digest, size: 1 }] },
      undefined,
      '"manifest.layers[0].mediaType" is missing',
      "type and subtype",
    ],
    [
      "a bad media type",
      { ...manifest, layers: [{ ...layer, mediaType: "tar" }] },
      undefined,
      '"tar", not a media type',
      "type and subtype",
    ],
    [
      "a number as annotation",
      { ...manifest, annotations: { "a.b": 1 } },
      undefined,
      '"manifest.annotations.a.b" is "1"',
      "text",
    ],
    [
      "an odd annotation key",
      { ...manifest, annotations: { "a b": null } },
      undefined,
      '"manifest.annotations["a b"]" is "null"',
      "text",
    ],
    [
      "a text as urls",
      { ...manifest, layers: [{ ...layer, urls: "x" }] },
      undefined,
      '"manifest.layers[0].urls" is "x"',
      "list",
    ],
    [
      "a platform without os",
      { ...index, manifests: [{ ...entry, platform: {} }] },
      undefined,
      '"index.manifests[0].platform.os" is missing',
      "linux",
    ],
    [
      "data that is not base64",
      { ...manifest, config: { ...config, data: "!!" } },
      undefined,
      '"manifest.config.data" is "!!"',
      "base64",
    ],
    [
      "data of something else",
      { ...manifest, config: { ...config, data: "e30=" } },
      undefined,
      'data" is "e30="',
      "size and digest",
    ],
  ])("refuses %s", (_name, content, mediaType, message, hint) => {
    expect(() => parseManifest(json(content), mediaType)).toThrow(
      expect.objectContaining({
        code: "MANIFEST_INVALID",
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      }),
    );
  });

  test.each<[name: string, content: string | Uint8Array, message: string, hint: string]>([
    ["nothing", "", "not JSON", "fetch the content anew"],
    ["a web page", "<!doctype html>", 'starts with "<!doctype html>"', "login page"],
    ["half of it", json(manifest).slice(0, 50), "not JSON", "fetch the content anew"],
    ["bytes that are not UTF-8", new Uint8Array([0x7b, 0xff]), "not UTF-8", "compressed or damaged"],
    ["a byte order mark", Buffer.from(`\ufeff${json(manifest)}`), "not JSON", "fetch"],
    ["too much", " ".repeat(maxManifestSize) + json(manifest), "more than the limit of 4194304", "annotations"],
  ])("refuses %s", (_name, content, message, hint) => {
    expect(() => parseManifest(content)).toThrow(
      expect.objectContaining({
        code: "MANIFEST_INVALID",
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      }),
    );
  });

  test("counts the limit in bytes", () => {
    const padding = maxManifestSize - json(manifest).length;
    expect(parseManifest(json(manifest) + " ".repeat(padding))).toStrictEqual(manifest);
    const accented = json({ ...manifest, annotations: { a: "é".repeat(maxManifestSize / 2) } });
    expect(accented.length).toBeLessThan(maxManifestSize);
    expect(() => parseManifest(accented)).toThrow("limit");
  });

  test("names the path in the details", () => {
    expect(() => parseManifest(json({ ...manifest, layers: [{ ...layer, size: null }] }))).toThrow(
      expect.objectContaining({ details: { path: "manifest.layers[0].size" } }),
    );
  });
});

test("parseImageManifest and parseImageIndex refuse each other's content", () => {
  expect(() => parseImageManifest(json(index))).toThrow(/"application\/vnd.oci.image.index.v1\+json"/);
  expect(() => parseImageIndex(json(manifest))).toThrow(/"application\/vnd.oci.image.manifest.v1\+json"/);
});

test("parseDescriptor names the path that it is given", () => {
  expect(() => parseDescriptor({ ...layer, size: -1 })).toThrow('"descriptor.size" is "-1"');
  expect(() => parseDescriptor({ ...layer, size: -1 }, "base")).toThrow('"base.size" is "-1"');
});

describe("no JSON makes a parser throw anything but an ImageSpecError", () => {
  const keys = [
    "schemaVersion",
    "mediaType",
    "config",
    "layers",
    "manifests",
    "digest",
    "size",
    "platform",
    "os",
    "architecture",
  ];
  const more = [
    "rootfs",
    "type",
    "diff_ids",
    "history",
    "created",
    "Env",
    "Labels",
    "Volumes",
    "annotations",
    "__proto__",
    "data",
  ];
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.constantFrom(null, 0, 2, -1, "", digest, "e30=", "layers", true, ...Object.values(mediaTypes)),
      fc.array(tie("tree"), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom(...keys, ...more), tie("tree"), { maxKeys: 8 }),
      fc.constantFrom<unknown>(manifest, index, config, layer),
    ),
  }));
  const valid = fc.constantFrom<Record<string, unknown>>(manifest, index, {
    os: "linux",
    architecture: "amd64",
    rootfs: { type: "layers", diff_ids: [digest] },
    config: { Env: ["A=b"] },
  });
  const mutated = fc
    .tuple(valid, fc.constantFrom(...keys, ...more), tree)
    .map(([base, key, value]) => ({ ...base, [key]: value }));

  test.each<[string, (text: string) => unknown]>([
    ["parseManifest", (text) => parseManifest(text)],
    ["parseImageConfig", (text) => parseImageConfig(text)],
    ["parseDescriptor", (text) => parseDescriptor(JSON.parse(text))],
  ])("%s", (_name, parse) => {
    fc.assert(
      fc.property(fc.oneof(mutated, tree, fc.jsonValue()), (value) => {
        try {
          parse(json(value));
        } catch (error) {
          expect(error).toBeInstanceOf(ImageSpecError);
          expect(error).toMatchObject({ code: "MANIFEST_INVALID", hint: expect.any(String) });
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("parseDescriptor, for values that JSON does not have", () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
        (value) => {
          expect(() => parseDescriptor(value)).toThrow(ImageSpecError);
          expect(() => parseDescriptor({ ...layer, digest: value })).toThrow(ImageSpecError);
        },
      ),
    );
  });
});
