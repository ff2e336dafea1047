import { digestOf, mediaTypes } from "@imagespec/oci";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ManifestProblem, readManifestContent } from "./manifest-content.ts";

const digest = digestOf("x");
const descriptor = { mediaType: mediaTypes.ociLayer, digest, size: 1 };
const image = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: descriptor, layers: [descriptor] };
const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [descriptor] };

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

describe("readManifestContent", () => {
  test("an image names its config and layers", () => {
    expect(readManifestContent(encode(image), undefined)).toEqual({
      mediaType: mediaTypes.ociManifest,
      blobs: [digest, digest],
      foreignBlobs: [],
      manifests: [],
      subject: undefined,
      artifactType: mediaTypes.ociLayer,
      annotations: undefined,
    });
  });

  test("an index names manifests and has no artifact type unless it says so", () => {
    const subject = { ...descriptor, digest: digestOf("subject") };
    expect(readManifestContent(encode({ ...index, subject, annotations: { a: "b" } }), undefined)).toMatchObject({
      manifests: [digest],
      blobs: [],
      subject: subject.digest,
      artifactType: undefined,
      annotations: { a: "b" },
    });
    expect(readManifestContent(encode({ ...index, artifactType: "a/b" }), undefined).artifactType).toBe("a/b");
  });

  test("foreign layers may be missing", () => {
    const foreign = { ...descriptor, mediaType: mediaTypes.dockerForeignLayer, digest: digestOf("foreign") };
    expect(readManifestContent(encode({ ...image, layers: [foreign] }), undefined)).toMatchObject({
      blobs: [digest],
      foreignBlobs: [foreign.digest],
    });
  });

  test("the content type counts, without its parameters", () => {
    const { mediaType: _, ...bare } = image;
    const read = (value: unknown, type: string): string => readManifestContent(encode(value), type).mediaType;
    expect(read(image, `${mediaTypes.ociManifest}; charset=utf-8`)).toBe(mediaTypes.ociManifest);
    expect(read(bare, mediaTypes.dockerManifest)).toBe(mediaTypes.dockerManifest);
    expect(read(bare, "application/vnd.example+json")).toBe("application/vnd.example+json");
  });

  test.each<[string, unknown, string?]>([
    ["not an object", []],
    ["null", null],
    ["schema version 1", { ...image, schemaVersion: 1 }],
    ["image and index at once", { ...image, manifests: [] }],
    ["neither", { schemaVersion: 2, mediaType: mediaTypes.ociManifest }],
    ["an index without manifests", { ...image, mediaType: mediaTypes.ociIndex }],
    ["another content type", image, mediaTypes.ociIndex],
    ["a content type that is none of a manifest", { ...image, mediaType: undefined }, "application/octet-stream"],
    ["a media type that breaks the header", { ...image, mediaType: "application/json\r\nX-Evil: json" }],
    ["a descriptor that is a text", { ...image, layers: ["x"] }],
    ["a digest that is none", { ...image, config: { ...descriptor, digest: "sha256:abc" } }],
    ["an algorithm that is unknown", { ...image, config: { ...descriptor, digest: `md5:${"0".repeat(32)}` } }],
    ["a size that is none", { ...image, config: { ...descriptor, size: "1" } }],
    ["a subject that is none", { ...image, subject: {} }],
  ])("refuses %s", (_, value, type) => {
    expect(() => readManifestContent(encode(value), type)).toThrow(ManifestProblem);
  });

  test("any bytes are read or refused", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          try {
            readManifestContent(bytes, undefined);
          } catch (error) {
            expect(error).toBeInstanceOf(ManifestProblem);
          }
        },
      ),
    );
  });
});
