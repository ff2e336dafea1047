import { promisify } from "node:util";
import { crc32, deflateRaw } from "node:zlib";
import { createDigester, type DigestVerifier, mediaTypes } from "@imagespec/oci";
import { gzipHeader, gzipTrailer } from "./gzip-member.ts";
import type { EncodedLayer, LayerEncoder } from "./layer-encoder.ts";
import type { DeflatedContent, LayerContent } from "./layer-entry.ts";
import { loadDeflated, loadPlain, streamInflated, streamPlain } from "./load-content.ts";
import type { TarPiece } from "./tar-pieces.ts";

const deflate = promisify(deflateRaw);

/** Plain bytes of a member that is compressed here. */
const blockSize = 1024 * 1024;
/** Smaller files are compressed together with their neighbours, which costs fewer bytes than a member of their own. */
const passThroughFrom = 16 * 1024;
/** Larger files are streamed. */
const wholeLimit = 8 * 1024 * 1024;
const maxAheadPieces = 96;
const maxAheadBytes = 16 * 1024 * 1024;
/** Keeps the thread pool busy and the memory bounded. */
const maxJobs = 6;

/**
 * Gzip in many members (RFC 1952 2.2), so that the parts are made in parallel: the deflate streams of wheels are copied as they
 * are, everything else is compressed in blocks of 1 MiB. Where blocks begin depends on the content alone.
 */
export const gzipMembersEncoder: LayerEncoder = {
  id: "gzip-members-1",
  mediaType: mediaTypes.ociLayerGzip,
  encode(pieces): EncodedLayer {
    const plain = createDigester();
    return {
      chunks: new MemberWriter(plain).chunks(pieces),
      diffId: () => plain.digest(),
      plainSize: () => plain.size,
    };
  },
};

type Loaded =
  | { readonly kind: "plain"; readonly bytes: Uint8Array }
  | { readonly kind: "deflated"; readonly raw: Uint8Array; readonly plain: Uint8Array; readonly crc32: number }
  | { readonly kind: "stream"; readonly content: LayerContent };

class MemberWriter {
  readonly #plain: DigestVerifier;
  /** Finished or being compressed, in order. */
  #jobs: (readonly Uint8Array[] | Promise<readonly Uint8Array[]>)[] = [];
  #block: Uint8Array[] = [];
  #blockSize = 0;

  constructor(plain: DigestVerifier) {
    this.#plain = plain;
  }

  async *chunks(pieces: Iterable<TarPiece> | AsyncIterable<TarPiece>): AsyncGenerator<Uint8Array> {
    for await (const loaded of loadAhead(pieces)) {
      if (loaded.kind === "plain") this.#addPlain(loaded.bytes);
      else if (loaded.kind === "deflated") this.#addDeflated(loaded);
      else yield* this.#stream(loaded.content);
      yield* this.#take(maxJobs);
    }
    this.#endBlock();
    yield* this.#take(0);
  }

  #addPlain(bytes: Uint8Array): void {
    this.#plain.update(bytes);
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + blockSize - this.#blockSize);
      this.#block.push(part);
      this.#blockSize += part.length;
      at += part.length;
      if (this.#blockSize === blockSize) this.#endBlock();
    }
  }

  #addDeflated({ raw, plain, crc32: crc }: Extract<Loaded, { kind: "deflated" }>): void {
    this.#endBlock();
    this.#plain.update(plain);
    this.#jobs.push([gzipHeader, raw, gzipTrailer(crc, plain.length)]);
  }

  #endBlock(): void {
    if (this.#blockSize === 0) return;
    const job = compress(Buffer.concat(this.#block));
    // Whoever takes the job gets its error; until then it must not count as unhandled.
    job.catch(() => undefined);
    this.#jobs.push(job);
    this.#block = [];
    this.#blockSize = 0;
  }

  async *#stream(content: LayerContent): AsyncGenerator<Uint8Array> {
    if (content.deflated === undefined) {
      for await (const chunk of streamPlain(content)) {
        this.#addPlain(chunk);
        yield* this.#take(maxJobs);
      }
      return;
    }
    this.#endBlock();
    yield* this.#take(0);
    yield* this.#copyMember(content, content.deflated);
  }

  /** Reads the stream twice, which is cheaper than holding it. */
  async *#copyMember(content: LayerContent, deflated: DeflatedContent): AsyncGenerator<Uint8Array> {
    yield gzipHeader;
    yield* deflated.open();
    for await (const chunk of streamInflated(content, deflated)) this.#plain.update(chunk);
    yield gzipTrailer(deflated.crc32, content.size);
  }

  /** Gives out jobs from the front until `left` are left. */
  async *#take(left: number): AsyncGenerator<Uint8Array> {
    while (this.#jobs.length > left) yield* (await this.#jobs.shift()) ?? [];
  }
}

async function compress(block: Uint8Array): Promise<readonly Uint8Array[]> {
  // A copy, since the result is a part of a buffer that has room for a whole block, and many may wait to be written.
  const deflated = Buffer.from(await deflate(block, { level: 6, chunkSize: blockSize }));
  return [gzipHeader, deflated, gzipTrailer(crc32(block), block.length)];
}

/** Reads the content of the next files while earlier ones are being written; the order stays. */
async function* loadAhead(pieces: Iterable<TarPiece> | AsyncIterable<TarPiece>): AsyncGenerator<Loaded> {
  const ahead: { readonly loaded: Loaded | Promise<Loaded>; readonly weight: number }[] = [];
  let weight = 0;
  for await (const piece of pieces) {
    const next = startLoading(piece);
    ahead.push(next);
    weight += next.weight;
    while (ahead.length > maxAheadPieces || weight > maxAheadBytes) {
      const first = ahead.shift();
      if (first === undefined) break;
      weight -= first.weight;
      yield await first.loaded;
    }
  }
  for (const { loaded } of ahead) yield await loaded;
}

function startLoading(piece: TarPiece): { readonly loaded: Loaded | Promise<Loaded>; readonly weight: number } {
  if (piece instanceof Uint8Array) return { loaded: { kind: "plain", bytes: piece }, weight: 0 };
  if (piece.size > wholeLimit) return { loaded: { kind: "stream", content: piece }, weight: 0 };
  const loaded = load(piece);
  loaded.catch(() => undefined);
  return { loaded, weight: piece.size };
}

async function load(content: LayerContent): Promise<Loaded> {
  const { deflated, size } = content;
  // A stream that deflated badly is read as content: it would not pay to keep it in memory twice.
  if (deflated === undefined || deflated.size > size + 1024) return { kind: "plain", bytes: await loadPlain(content) };
  const { raw, plain } = await loadDeflated(content, deflated);
  if (size < passThroughFrom) return { kind: "plain", bytes: plain };
  return { kind: "deflated", raw, plain, crc32: deflated.crc32 };
}
