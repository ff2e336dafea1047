import { Readable } from "node:stream";
import { promisify } from "node:util";
import {
  crc32,
  createInflateRaw,
  type InflateRaw,
  type InputType,
  inflateRaw,
  inflateRawSync,
  type ZlibOptions,
} from "node:zlib";
import { ImageSpecError, isImageSpecError, messageOf } from "@imagespec/errors";
import type { DeflatedContent, LayerContent } from "./layer-entry.ts";

interface InflateResult {
  readonly buffer: Buffer;
  readonly engine: InflateRaw;
}

type WithInfo = ZlibOptions & { readonly info: true };

// With `info` the result holds the engine too, which the types do not know.
const inflateAsync = promisify(inflateRaw) as unknown as (
  input: InputType,
  options: WithInfo,
) => Promise<InflateResult>;
const inflateSync = inflateRawSync as unknown as (input: InputType, options: WithInfo) => InflateResult;

/** Smaller content is inflated at once: the way to another thread and back would take longer. */
const syncLimit = 16 * 1024;
const chunkSize = 1024 * 1024;

function damage(content: LayerContent, reason: string, cause?: unknown): ImageSpecError {
  return content.damaged?.(reason, cause) ?? new ImageSpecError("INTERNAL", `content of a layer ${reason}`, { cause });
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}

/** Reads content whole and checks it. */
export async function loadPlain(content: LayerContent): Promise<Uint8Array> {
  const bytes = await collect(content.open());
  if (bytes.length !== content.size) throw damage(content, `has ${bytes.length} bytes instead of ${content.size}`);
  const check = content.check?.();
  check?.update(bytes);
  check?.finish();
  return bytes;
}

/** Reads deflated content whole: the stream as it stands, and what it inflates to, checked. */
export async function loadDeflated(
  content: LayerContent,
  deflated: DeflatedContent,
): Promise<{ readonly raw: Uint8Array; readonly plain: Uint8Array }> {
  const raw = await collect(deflated.open());
  let result: InflateResult;
  try {
    // Room for everything: output in many small pieces would go through the event loop piece by piece.
    const options: WithInfo = {
      info: true,
      maxOutputLength: content.size + 1,
      chunkSize: Math.max(content.size + 1, 64),
    };
    result = content.size < syncLimit ? inflateSync(raw, options) : await inflateAsync(raw, options);
  } catch (cause) {
    throw damage(content, `cannot be inflated: ${messageOf(cause)}`, cause);
  }
  const plain = result.buffer;
  assertExact(content, deflated, { read: result.engine.bytesWritten, size: plain.length, crc: crc32(plain) });
  const check = content.check?.();
  check?.update(plain);
  check?.finish();
  return { raw, plain };
}

/** Streams content and checks it. */
export async function* streamPlain(content: LayerContent): AsyncGenerator<Uint8Array> {
  const check = content.check?.();
  let size = 0;
  for await (const chunk of content.open()) {
    size += chunk.length;
    if (size > content.size) break;
    check?.update(chunk);
    yield chunk;
  }
  if (size !== content.size) throw damage(content, `has not the ${content.size} bytes that were announced`);
  check?.finish();
}

/** Streams what deflated content inflates to, checked. */
export async function* streamInflated(content: LayerContent, deflated: DeflatedContent): AsyncGenerator<Uint8Array> {
  const check = content.check?.();
  const engine = createInflateRaw({ chunkSize });
  const source = Readable.from(deflated.open(), { objectMode: false, highWaterMark: chunkSize });
  source.once("error", (error) => engine.destroy(error));
  let size = 0;
  let crc = 0;
  try {
    for await (const chunk of source.pipe(engine)) {
      // Without an encoding the engine gives buffers.
      const bytes = chunk as Buffer;
      size += bytes.length;
      crc = crc32(bytes, crc);
      if (size > content.size) break;
      check?.update(bytes);
      yield bytes;
    }
  } catch (cause) {
    if (isImageSpecError(cause)) throw cause;
    throw damage(content, `cannot be inflated: ${messageOf(cause)}`, cause);
  } finally {
    source.destroy();
    engine.destroy();
  }
  assertExact(content, deflated, { read: engine.bytesWritten, size, crc });
  check?.finish();
}

/** A stream that ends early, or that another reader would take for longer, must not be copied into a gzip member. */
function assertExact(
  content: LayerContent,
  deflated: DeflatedContent,
  found: { readonly read: number; readonly size: number; readonly crc: number },
): void {
  if (found.size !== content.size || found.crc !== deflated.crc32)
    throw damage(content, "does not have the size and CRC that were announced");
  if (found.read !== deflated.size)
    throw damage(content, `has ${deflated.size - found.read} bytes behind its deflate stream`);
}
