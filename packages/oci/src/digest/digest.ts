import { createHash } from "node:crypto";
import { ImageSpecError } from "@imagespec/errors";
import { quote } from "../quote.ts";

/** The digest algorithms that the image specification registers and imagespec reads. */
export type DigestAlgorithm = "sha256" | "sha512";

/** `algorithm:hex`, lower case. @see https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests */
export type Digest = `sha256:${string}` | `sha512:${string}`;

const pattern = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;
const hexLengths: Readonly<Record<DigestAlgorithm, number>> = { sha256: 64, sha512: 128 };

/** Whether a value is a well-formed sha256 or sha512 digest. */
export function isDigest(value: unknown): value is Digest {
  return typeof value === "string" && pattern.test(value);
}

/**
 * Reads a digest.
 *
 * @throws `DIGEST_INVALID`
 */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  const { message, hint } = explain(text);
  throw new ImageSpecError("DIGEST_INVALID", message, { hint, details: { digest: text } });
}

function explain(text: unknown): { readonly message: string; readonly hint: string } {
  const form = 'write "sha256:" followed by 64 hexadecimal digits in lower case';
  if (typeof text !== "string") return { message: `a digest is a text, not "${typeof text}"`, hint: form };
  const message = `${quote(text)} is not a digest`;
  if (text === "") return { message, hint: form };
  if (/\s/.test(text)) return { message: `${message}: it contains white space`, hint: "remove the white space" };
  const colon = text.indexOf(":");
  if (colon < 0) {
    if (/^[a-f0-9]{64}$/.test(text))
      return { message: `${message}: it lacks the algorithm`, hint: `write ${quote(`sha256:${text}`)}` };
    return { message: `${message}: it lacks the algorithm`, hint: form };
  }
  const algorithm = text.slice(0, colon);
  const hex = text.slice(colon + 1);
  if (algorithm !== "sha256" && algorithm !== "sha512")
    return {
      message: `${message}: the algorithm ${quote(algorithm)} is not supported`,
      hint: "use a sha256 or sha512 digest",
    };
  if (hex.length !== hexLengths[algorithm])
    return {
      message: `${message}: it has ${hex.length} digits, ${algorithm} has ${hexLengths[algorithm]}`,
      hint: "copy the whole digest",
    };
  if (/^[a-fA-F0-9]+$/.test(hex))
    return {
      message: `${message}: it has upper-case digits`,
      hint: `write ${quote(`${algorithm}:${hex.toLowerCase()}`)}`,
    };
  return { message: `${message}: it has characters that are not hexadecimal digits`, hint: form };
}

/** The digest of bytes, or of a text in UTF-8. */
export function digestOf(bytes: Uint8Array | string, algorithm: DigestAlgorithm = "sha256"): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

/** The part after the colon. */
export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(":") + 1);
}

/** The part before the colon. */
export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.startsWith("sha512:") ? "sha512" : "sha256";
}
