import { createHash } from "node:crypto";
import { isImageSpecError, messageOf } from "@imagespec/errors";
import { decompress, readTar } from "@imagespec/image-store";
import type { ImageSource } from "@imagespec/oci";
import type { LayerEntries } from "./check-layer-entries.ts";
import type { CheckedDescriptor } from "./documents.ts";
import type { Findings } from "./finding.ts";
import { TarFraming } from "./tar-framing.ts";

/** First bytes of what a layer of this media type must hold. */
const magic: readonly (readonly [RegExp, readonly number[]])[] = [
  [/[.+]gzip$/, [0x1f, 0x8b]],
  [/\+zstd$/, [0x28, 0xb5, 0x2f, 0xfd]],
];

/** Reads one layer to its end: digest, size, diffID, compression, tar frame, entries. */
export async function checkLayer(
  findings: Findings,
  source: ImageSource,
  at: string,
  descriptor: CheckedDescriptor,
  diffId: unknown,
  entries: LayerEntries,
): Promise<void> {
  const blob = createHash("sha256");
  const diff = createHash("sha256");
  const framing = new TarFraming();
  let size = 0;
  let start = Buffer.alloc(0);
  const compressed = tap(await source.openBlob(descriptor), (chunk) => {
    blob.update(chunk);
    size += chunk.length;
    if (start.length < 4) start = Buffer.concat([start, chunk.subarray(0, 4)]);
  });
  const plain = tap(decompress(compressed), (chunk) => {
    diff.update(chunk);
    framing.update(chunk);
  });
  entries.begin();
  try {
    for await (const { header, content } of readTar(plain)) {
      entries.add(at, header);
      let read = 0;
      for await (const chunk of content) read += chunk.length;
      findings.check(read === header.size, "layer-size", `${at} ${header.path}`, `has ${read} bytes of ${header.size}`);
    }
    framing.end();
  } catch (error) {
    if (!isReadingError(error)) throw error;
    findings.add("layer-readable", at, messageOf(error));
    for (const problem of framing.problems) findings.add("layer-tar", at, problem);
    return;
  }
  for (const problem of framing.problems) findings.add("layer-tar", at, problem);
  const got = `sha256:${blob.digest("hex")}`;
  findings.check(got === descriptor.digest, "blob-digest", at, `has digest ${got}, stated is ${descriptor.digest}`);
  findings.check(size === descriptor.size, "blob-size", at, `has ${size} bytes, stated are ${descriptor.size}`);
  const gotDiff = `sha256:${diff.digest("hex")}`;
  findings.check(gotDiff === diffId, "diff-id", at, `has diffID ${gotDiff}, the config states ${String(diffId)}`);
  checkCompression(findings, at, descriptor.mediaType, start);
}

function checkCompression(findings: Findings, at: string, mediaType: string, start: Uint8Array): void {
  const looksLike = magic.filter(([, bytes]) => bytes.every((byte, index) => start[index] === byte));
  const wanted = magic.filter(([type]) => type.test(mediaType));
  const fits = wanted.length === looksLike.length && wanted.every((one) => looksLike.includes(one));
  findings.check(fits, "layer-compression", at, `is not compressed as "${mediaType}" says`);
}

/** Damage that the source, the decompression or the tar reader found. Everything else is a failure of the check itself. */
function isReadingError(error: unknown): boolean {
  if (isImageSpecError(error, "STORE_CORRUPT") || isImageSpecError(error, "DIGEST_MISMATCH")) return true;
  return error instanceof Error && "code" in error && /^Z_|^ERR_ZLIB/.test(String(error.code));
}

async function* tap(
  stream: AsyncIterable<Uint8Array>,
  see: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of stream) {
    see(chunk);
    yield chunk;
  }
}
