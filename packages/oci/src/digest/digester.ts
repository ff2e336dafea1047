import { createHash } from "node:crypto";
import type { Digest, DigestAlgorithm } from "./digest.ts";

/** Computes the digest and size of content that arrives in pieces. */
export interface DigestVerifier {
  update(chunk: Uint8Array): void;
  /** Bytes seen so far. */
  readonly size: number;
  /** The digest of what was seen so far; more may follow. */
  digest(): Digest;
}

/** Starts a digest computation. @default sha256 */
export function createDigester(algorithm: DigestAlgorithm = "sha256"): DigestVerifier {
  const hash = createHash(algorithm);
  let size = 0;
  return {
    update(chunk) {
      hash.update(chunk);
      size += chunk.byteLength;
    },
    get size() {
      return size;
    },
    digest() {
      // A Node.js hash can be finished only once; finishing a copy leaves this one open.
      return `${algorithm}:${hash.copy().digest("hex")}`;
    },
  };
}
