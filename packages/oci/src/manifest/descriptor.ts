import { isImageSpecError } from "@imagespec/errors";
import { type Digest, digestAlgorithm, digestOf, parseDigest } from "../digest/digest.ts";
import { omitUndefined } from "../omit-undefined.ts";
import type { Platform } from "../platform/platform.ts";
import { invalidField, JsonObjectReader } from "./json-object-reader.ts";

/**
 * Names content by type, digest and size.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/descriptor.md
 */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly urls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** The content itself, in base64. */
  readonly data?: string;
  /** Of a manifest in an index. */
  readonly platform?: Platform;
  readonly artifactType?: string;
}

// RFC 6838 names, and parameters behind them, which some artifacts have.
const mediaTypePattern = /^[A-Za-z0-9][\w!#$&^.+-]{0,126}\/[A-Za-z0-9][\w!#$&^.+-]{0,126}(?:;[\x20-\x7e]*)?$/;
const mediaTypeProblem = {
  expected: "a media type",
  hint: 'write a type and subtype, like "application/vnd.oci.image.layer.v1.tar+gzip"',
};

/** Whether a text is a media type in the form of RFC 6838. */
export function isMediaType(text: string): boolean {
  return mediaTypePattern.test(text);
}

/**
 * Reads a descriptor from parsed JSON.
 *
 * @throws `MANIFEST_INVALID` naming the path of the field
 * @param path where the value stands, for errors; @default "descriptor"
 */
export function parseDescriptor(value: unknown, path: string = "descriptor"): Descriptor {
  const fields = new JsonObjectReader(value, path);
  const mediaType = fields.string("mediaType", mediaTypeProblem);
  if (!isMediaType(mediaType)) throw fields.invalid("mediaType", mediaTypeProblem);
  const digest = parseDigestField(fields.get("digest"), fields.at("digest"));
  const size = readSize(fields);
  return omitUndefined({
    mediaType,
    digest,
    size,
    urls: fields.optionalStrings("urls"),
    annotations: fields.optionalStringMap("annotations"),
    data: readData(fields, digest, size),
    platform: fields.get("platform") === undefined ? undefined : readPlatform(fields),
    artifactType: fields.optionalString("artifactType"),
  });
}

/** Reads a digest from parsed JSON. @throws `MANIFEST_INVALID` naming the path */
export function parseDigestField(value: unknown, path: string): Digest {
  if (typeof value !== "string") throw invalidField(path, value, { expected: "a digest" });
  try {
    return parseDigest(value);
  } catch (error) {
    if (!isImageSpecError(error, "DIGEST_INVALID")) throw error;
    throw invalidField(path, value, {
      expected: "a digest",
      hint: error.hint ?? "write a sha256 digest",
      cause: error,
    });
  }
}

function readSize(fields: JsonObjectReader): number {
  const size = fields.get("size");
  if (typeof size === "number" && Number.isSafeInteger(size) && size >= 0) return size;
  throw fields.invalid("size", {
    expected: "a whole number of bytes",
    hint:
      typeof size === "string" && /^[0-9]+$/.test(size)
        ? "write the number without quotation marks"
        : "write the number of bytes of the content: a whole number from 0 to 9007199254740991",
  });
}

function readData(fields: JsonObjectReader, digest: Digest, size: number): string | undefined {
  const data = fields.optionalString("data");
  if (data === undefined) return undefined;
  const bytes = Buffer.from(data, "base64");
  // Buffer skips what is not base64; only a text that comes out again as it went in was all base64.
  if (bytes.toString("base64") !== data)
    throw fields.invalid("data", {
      expected: "base64",
      hint: "encode the content in standard base64 with padding, or remove the field",
    });
  if (bytes.byteLength !== size || digestOf(bytes, digestAlgorithm(digest)) !== digest)
    throw fields.invalid("data", {
      expected: "the content of the descriptor's size and digest",
      hint: "correct size and digest, or remove the field",
    });
  return data;
}

function readPlatform(fields: JsonObjectReader): Platform {
  const platform = new JsonObjectReader(fields.get("platform"), fields.at("platform"));
  return omitUndefined({
    os: platform.string("os", { expected: "an operating system", hint: 'write an operating system, like "linux"' }),
    architecture: platform.string("architecture", {
      expected: "an architecture",
      hint: 'write an architecture, like "amd64"',
    }),
    variant: platform.optionalString("variant"),
    "os.version": platform.optionalString("os.version"),
    "os.features": platform.optionalStrings("os.features"),
  });
}

/** The descriptor of bytes. */
export function descriptorOf(bytes: Uint8Array, mediaType: string): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
}
