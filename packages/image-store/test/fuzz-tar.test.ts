import { gzipSync } from "node:zlib";
import { isImageSpecError } from "@imagespec/errors";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decompress, readTar, type TarEntry, tarTrailer } from "../src/index.ts";
import { octal, type RawHeader, rawContent, rawExtension, rawHeader } from "../src/testing/raw-tar.ts";
import { inPieces } from "../src/testing/streams.ts";

const numRuns = Number(process.env["IMAGESPEC_FUZZ_RUNS"] ?? 300);

/** What is read of a stream, or nothing when it is refused in the way that it has to be. */
async function read(bytes: Uint8Array, pieces: number, compressed = false): Promise<TarEntry["header"][] | undefined> {
  const headers: TarEntry["header"][] = [];
  const stream = inPieces(bytes, pieces);
  try {
    for await (const { header, content } of readTar(compressed ? decompress(stream) : stream)) {
      headers.push(header);
      let size = 0;
      for await (const piece of content) size += piece.length;
      expect(size).toBe(header.size);
    }
    return headers;
  } catch (error) {
    if (!isImageSpecError(error, "STORE_CORRUPT") && !isImageSpecError(error, "BASE_UNSUPPORTED")) throw error;
    return undefined;
  }
}

function expectSound(headers: readonly TarEntry["header"][], bytes: number): void {
  for (const header of headers) {
    expect(header.path).not.toBe("");
    expect(header.path).not.toContain("\0");
    expect(header.linkPath ?? "").not.toContain("\0");
    expect(header.mode & ~0o7777).toBe(0);
    expect(Number.isSafeInteger(header.size) && header.size >= 0 && header.size <= bytes).toBe(true);
    for (const id of [header.uid, header.gid]) expect(Number.isSafeInteger(id)).toBe(true);
  }
}

const number = fc.oneof(
  fc.constantFrom("0000000\0", "7777777\0", "-1", "        ", "0x10", "99999999", "\0", "1 2", "77777777777\0"),
  fc
    .uint8Array({ minLength: 12, maxLength: 12 })
    .map((bytes) => Buffer.from([0x80 | (bytes[0] ?? 0), ...bytes.slice(1)])),
);
const name = fc.oneof(
  fc.constantFrom("a", "../x", "/etc/passwd", "a/", "", ".wh.x", "./", "\0", "a\0b", "x".repeat(100)),
  fc.uint8Array({ maxLength: 100 }),
);
const flag = fc.constantFrom(
  "0",
  "1",
  "2",
  "3",
  "4",
  "5",
  "6",
  "7",
  "S",
  "V",
  "x",
  "g",
  "L",
  "K",
  "D",
  "N",
  "\0",
  "Z",
  "é",
);
const header: fc.Arbitrary<RawHeader> = fc.record(
  {
    name,
    flag,
    size: fc.oneof(number, fc.nat(3000).map(octal)),
    mode: fc.constantFrom("0000644\0", "7777777\0", "abc"),
    uid: number.map((value) => (typeof value === "string" ? value.slice(0, 8) : value.subarray(0, 8))),
    mtime: number,
    link: fc.constantFrom("", "a", "../../etc", "/", "x".repeat(100)),
    magic: fc.constantFrom("ustar\x0000", "ustar  \0", "\0\0\0\0\0\0\0\0"),
    prefix: fc.constantFrom("", "..", "p".repeat(155)),
    signedSum: fc.boolean(),
  },
  { requiredKeys: ["name"] },
);
const paxText = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        "path",
        "linkpath",
        "size",
        "mtime",
        "uid",
        "gid",
        "GNU.sparse.map",
        "__proto__",
        "SCHILY.xattr.a",
      ),
      fc.oneof(
        fc.string({ unit: "binary", maxLength: 10 }),
        fc.constantFrom("", "-1", "1e99", "99999999999999999999", "NaN"),
      ),
    )
    .map(([key, value]) => {
      const rest = Buffer.byteLength(` ${key}=${value}\n`);
      const length = rest + String(rest + 2).length;
      return `${length} ${key}=${value}\n`;
    }),
  fc.constantFrom("0 a=b\n", "999999999999 a=b\n", "5 a=b\n", "6 a=b\n", "7 =ab\n", "-5 a\n", "\n"),
  fc.string({ unit: "binary", maxLength: 20 }),
);
const block = fc.oneof(
  { weight: 3, arbitrary: header.map(rawHeader) },
  {
    weight: 3,
    arbitrary: fc
      .string({ maxLength: 30 })
      .chain((text) =>
        header.map((fields) =>
          Buffer.concat([rawHeader({ ...fields, size: octal(Buffer.byteLength(text)) }), rawContent(text)]),
        ),
      ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom("x", "g", "L", "K"), paxText).map(([kind, text]) => rawExtension(kind, text)),
  },
  { weight: 1, arbitrary: fc.constantFrom(Buffer.alloc(512), Buffer.alloc(100), Buffer.from(tarTrailer)) },
);

test("any blocks are read as sound entries, or refused as STORE_CORRUPT", async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(block, { maxLength: 5 }), fc.integer({ min: 1, max: 2000 }), async (blocks, pieces) => {
      const bytes = Buffer.concat([...blocks, tarTrailer]);
      const headers = await read(bytes, pieces);
      if (headers === undefined) return;
      accepted++;
      expectSound(headers, bytes.length);
    }),
    { numRuns },
  );
  expect(accepted).toBeGreaterThan(0);
});

test("a stream reads the same, whatever pieces it comes in", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(block, { maxLength: 4 }), fc.integer({ min: 1, max: 600 }), async (blocks, pieces) => {
      const bytes = Buffer.concat([...blocks, tarTrailer]);
      expect(await read(bytes, pieces)).toEqual(await read(bytes, bytes.length));
    }),
    { numRuns },
  );
});

test("cut and altered streams are refused or sound, compressed or not", async () => {
  const flips = fc.array(fc.tuple(fc.nat(3000), fc.nat(255)), { maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(block, { maxLength: 4 }),
      flips,
      fc.nat(5000),
      fc.boolean(),
      async (blocks, bytes, end, zip) => {
        const plain = Buffer.concat([...blocks, tarTrailer]);
        const stream = zip ? gzipSync(plain) : plain;
        for (const [at, value] of bytes) stream[at % stream.length] = value;
        const headers = await read(end < stream.length ? stream.subarray(0, end) : stream, 300, zip);
        if (headers !== undefined) expectSound(headers, plain.length + stream.length);
      },
    ),
    { numRuns },
  );
});

test("extension headers cannot grow without end", async () => {
  const many = Array.from({ length: 5000 }, (_, index) => rawExtension("g", paxRecord(`key${index}`, "v")));
  const started = performance.now();
  await read(Buffer.concat([...many, rawHeader({ name: "a" }), tarTrailer]), 65_536);
  const entries = Array.from({ length: 3000 }, () => rawHeader({ name: "a" }));
  await read(Buffer.concat([...many, ...entries, tarTrailer]), 65_536);
  await read(Buffer.concat([...many.slice(0, 100), ...entries, tarTrailer]), 65_536);
  expect(performance.now() - started).toBeLessThan(5000);
});

function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  return `${rest + String(rest + 2).length} ${key}=${value}\n`;
}
