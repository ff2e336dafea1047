import type { ImageSpecError } from "@imagespec/errors";
import { createDigester, type Descriptor, digestAlgorithm } from "@imagespec/oci";

/**
 * The same stream, which fails at its end when the bytes were not those of the digest, and as soon as they are too many.
 *
 * @param damaged makes the error from the reason
 */
export async function* verifiedStream(
  content: AsyncIterable<Uint8Array>,
  expected: Pick<Descriptor, "digest" | "size">,
  damaged: (reason: string) => ImageSpecError,
): AsyncGenerator<Uint8Array> {
  const digester = createDigester(digestAlgorithm(expected.digest));
  for await (const chunk of content) {
    digester.update(chunk);
    if (digester.size > expected.size) throw damaged(`it is longer than ${expected.size} bytes`);
    yield chunk;
  }
  if (digester.size !== expected.size) throw damaged(`it has ${digester.size} of ${expected.size} bytes`);
  const actual = digester.digest();
  if (actual !== expected.digest) throw damaged(`its digest is "${actual}"`);
}
