import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTar, type TarHeader, tarHeader, tarPadding, tarTrailer } from "../index.ts";
import { octal, type RawHeader, rawContent, rawExtension, rawHeader } from "../testing/raw-tar.ts";
import { collect, failureOf, inPieces, streamOf } from "../testing/streams.ts";

interface ReadEntry {
  readonly header: TarHeader;
  readonly content: string;
}

async function readAll(bytes: Uint8Array, pieces = 700): Promise<ReadEntry[]> {
  const entries: ReadEntry[] = [];
  for await (const { header, content } of readTar(inPieces(bytes, pieces)))
    entries.push({ header, content: (await collect(content)).toString("latin1") });
  return entries;
}

async function readOne(...blocks: readonly Uint8Array[]): Promise<TarHeader> {
  const entries = await readAll(Buffer.concat([...blocks, tarTrailer]));
  expect(entries).toHaveLength(1);
  return entries[0]!.header;
}

function failing(...blocks: readonly Uint8Array[]): Promise<unknown> {
  return failureOf(readTar(streamOf(...blocks)));
}

function entryBytes(header: TarHeader, content: Uint8Array): Buffer {
  return Buffer.concat([tarHeader(header), content, tarPadding(content.length)]);
}

const name = fc
  .oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 300 }),
    fc.string({ unit: fc.constantFrom("a", "/", "é", "日", "\udc80", "\udcff", "."), minLength: 1, maxLength: 300 }),
    fc.string({ unit: fc.constantFrom("a", "b", "/"), minLength: 90, maxLength: 280 }),
  )
  .map((text) => text.replaceAll("\0", "_"))
  .filter((text) => !text.endsWith("/"));

const common = {
  path: name,
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  gid: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  mtime: fc.oneof(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), fc.constantFrom(0.5, -2.25, 1.000001)),
};
const xattrs = fc.option(
  fc.dictionary(
    fc.string({ unit: fc.constantFrom("a", "é", "."), minLength: 1 }).map((key) => `SCHILY.xattr.${key}`),
    fc.string({ unit: "binary", minLength: 1 }),
    { minKeys: 1, noNullPrototype: true },
  ),
  { nil: undefined },
);

const entry = fc
  .oneof(
    fc.record({ header: fc.record({ ...common, type: fc.constant("file" as const) }), content: fc.uint8Array() }),
    fc.record({
      header: fc.record({ ...common, type: fc.constantFrom("directory" as const, "fifo" as const) }),
      content: fc.constant(new Uint8Array(0)),
    }),
    fc.record({
      header: fc.record({ ...common, type: fc.constantFrom("symlink" as const, "hardlink" as const), linkPath: name }),
      content: fc.constant(new Uint8Array(0)),
    }),
  )
  .chain(({ header, content }) =>
    xattrs.map((pax) => ({
      content,
      header: { ...header, size: content.length, ...(pax === undefined ? {} : { pax }) } satisfies TarHeader,
    })),
  );

describe("readTar", () => {
  it("reads back what tarHeader wrote, whatever the names, in chunks of any size", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { maxLength: 6 }),
        fc.integer({ min: 1, max: 2000 }),
        async (entries, pieces) => {
          const bytes = Buffer.concat([...entries.map((e) => entryBytes(e.header, e.content)), tarTrailer]);
          const expected = entries.map((e) => ({
            header: e.header,
            content: Buffer.from(e.content).toString("latin1"),
          }));
          expect(await readAll(bytes, pieces)).toEqual(expected);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("never hangs or crashes otherwise than by STORE_CORRUPT on damaged archives", async () => {
    const good = Buffer.concat([
      entryBytes(
        { path: "é".repeat(80), type: "file", mode: 0o644, uid: 0, gid: 0, size: 3, mtime: 1 },
        Buffer.from("abc"),
      ),
      rawExtension("L", "long name\0"),
      rawHeader({ name: "b" }),
      tarTrailer,
    ]);
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), async (at, value, length) => {
        const bad = Buffer.from(good.subarray(0, length));
        if (at < bad.length) bad[at] = value;
        try {
          await readAll(bad);
        } catch (error) {
          expect(error).toMatchObject({ code: "STORE_CORRUPT" });
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each<[string, RawHeader, Partial<TarHeader>]>([
    ["v7 headers", { name: "old", magic: "\0".repeat(8) }, { path: "old", type: "file" }],
    ["v7 directories", { name: "old/", flag: "\0", magic: "\0".repeat(8) }, { path: "old", type: "directory" }],
    ["prefixes", { name: "b", prefix: "a" }, { path: "a/b" }],
    ["no prefix in GNU headers", { name: "b", prefix: "time", magic: "ustar  \0" }, { path: "b" }],
    [
      "the shorter prefix of star",
      { name: "b", prefix: `a${"\0".repeat(130)}time`, trailer: "tar\0" },
      { path: "a/b" },
    ],
    ["signed checksums", { name: "\xff\xfe", signedSum: true }, { path: "ÿþ" }],
    ["numbers padded with spaces", { name: "a", uid: "   755 \0" }, { uid: 0o755 }],
    ["empty numbers", { name: "a", uid: "\0".repeat(8), mtime: " ".repeat(12) }, { uid: 0, mtime: 0 }],
    ["base-256", { name: "a", uid: Buffer.from([0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]) }, { uid: 2 ** 32 - 1 }],
    ["negative base-256", { name: "a", mtime: Buffer.alloc(12, 0xff) }, { mtime: -1 }],
    ["bits above the permissions", { name: "a", mode: "0100755\0" }, { mode: 0o755 }],
    [
      "sizes of links",
      { name: "a", flag: "2", link: "b", size: octal(99) },
      { type: "symlink", linkPath: "b", size: 0 },
    ],
    ["contiguous files", { name: "a", flag: "7" }, { type: "file" }],
    ["the root directory", { name: "./", flag: "5" }, { path: ".", type: "directory" }],
    ["bytes that are not UTF-8", { name: Buffer.from([0x61, 0xe9, 0x62]) }, { path: "a\udce9b" }],
  ])("reads %s", async (_, raw, expected) => {
    expect(await readOne(rawHeader(raw))).toMatchObject(expected);
  });

  it("reads GNU long names and links", async () => {
    const blocks = [
      rawExtension("L", `${"n".repeat(600)}\0`),
      rawExtension("K", `${"k".repeat(200)}\0`),
      rawHeader({ name: "n".repeat(99), flag: "2", magic: "ustar  \0" }),
    ];
    expect(await readOne(...blocks)).toMatchObject({ path: "n".repeat(600), linkPath: "k".repeat(200) });
  });

  it("applies global and local pax records, and takes them back", async () => {
    const global = rawExtension("g", "13 comment=a\n12 uname=bob\n".replace("12", "13"));
    const local = rawExtension("x", "12 comment=\n10 uid=77\n");
    expect(await readOne(global, rawHeader({ name: "a" }))).toMatchObject({ uname: "bob", pax: { comment: "a" } });
    const header = await readOne(global, local, rawHeader({ name: "a" }));
    expect(header).toMatchObject({ uid: 77, uname: "bob" });
    expect(header.pax).toBeUndefined();
  });

  it("takes sizes from pax records", async () => {
    const blocks = [rawExtension("x", "10 size=3\n"), rawHeader({ name: "a" }), rawContent("abc"), tarTrailer];
    expect(await readAll(Buffer.concat(blocks))).toMatchObject([{ content: "abc" }]);
  });

  it("skips content that nobody reads, and volume labels", async () => {
    const blocks = [
      rawHeader({ name: "label", flag: "V" }),
      rawHeader({ name: "a", size: octal(700) }),
      rawContent(Buffer.alloc(700, 1)),
      rawHeader({ name: "b", size: octal(700) }),
      rawContent(Buffer.alloc(700, 2)),
      rawHeader({ name: "c" }),
      tarTrailer,
    ];
    const names: string[] = [];
    for await (const { header, content } of readTar(inPieces(Buffer.concat(blocks), 100))) {
      names.push(header.path);
      if (header.path === "b") for await (const _ of content) break;
    }
    expect(names).toEqual(["a", "b", "c"]);
  });

  it("refuses to read content after the next entry was asked for", async () => {
    const blocks = Buffer.concat([
      rawHeader({ name: "a", size: octal(3) }),
      rawContent("abc"),
      rawHeader({ name: "b" }),
    ]);
    const entries = readTar(streamOf(blocks, tarTrailer))[Symbol.asyncIterator]();
    const first = await entries.next();
    await entries.next();
    expect(String(await failureOf(first.value!.content))).toContain('"a" must be read before the next entry');
  });

  it("reads to the end of the stream, and closes it when left early", async () => {
    const events: string[] = [];
    async function* source() {
      try {
        yield Buffer.concat([rawHeader({ name: "a" }), tarTrailer]);
        events.push("padding");
        yield Buffer.alloc(8192);
        events.push("end");
      } finally {
        events.push("closed");
      }
    }
    for await (const _ of readTar(source()));
    expect(events).toEqual(["padding", "end", "closed"]);
    events.length = 0;
    for await (const _ of readTar(source())) break;
    expect(events).toEqual(["closed"]);
  });

  it("accepts empty archives and archives without a trailer", async () => {
    expect(await readAll(new Uint8Array(0))).toEqual([]);
    expect(await readAll(tarTrailer)).toEqual([]);
    expect(await readAll(rawHeader({ name: "a" }))).toHaveLength(1);
  });

  it.each<[string, readonly Uint8Array[], number]>([
    ["a wrong checksum", [rawHeader({ name: "a" }).fill(1, 0, 1)], 0],
    ["a partial header", [rawHeader({ name: "a" }).subarray(0, 100)], 0],
    ["truncated content", [rawHeader({ name: "a", size: octal(600) }), Buffer.alloc(512)], 1024],
    ["missing padding", [rawHeader({ name: "a", size: octal(3) }), Buffer.from("abc")], 515],
    ["a lone zero block", [Buffer.alloc(512), rawHeader({ name: "a" })], 0],
    ["a number that is not octal", [rawHeader({ name: "a", size: "9" })], 0],
    ["a negative size", [rawHeader({ name: "a", size: Buffer.alloc(12, 0xff) })], 0],
    ["an enormous size", [rawHeader({ name: "a", size: Buffer.alloc(12, 0xbf) })], 0],
    ["GNU sparse files", [rawHeader({ name: "a", flag: "S" })], 0],
    ["pax sparse files", [rawExtension("x", "22 GNU.sparse.major=1\n"), rawHeader({ name: "a" })], 1024],
    ["unknown types", [rawHeader({ name: "a", flag: "D" })], 0],
    ["an empty name", [rawHeader({ name: "" })], 0],
    ["a malformed pax record", [rawExtension("x", "99 a=b\n"), rawHeader({ name: "a" })], 512],
    ["a pax path with a NUL", [rawExtension("x", "12 path=a\0b\n"), rawHeader({ name: "a" })], 512],
    ["a pax number that is none", [rawExtension("x", "11 size=-1\n"), rawHeader({ name: "a" })], 1024],
    ["an extension header without its entry", [rawExtension("x", "10 uid=77\n"), tarTrailer], 1024],
    [
      "global records without end",
      Array.from({ length: 101 }, (_, index) => rawExtension("g", `10 ${String(index).padStart(4, "k")}=v\n`)),
      100 * 1024,
    ],
    ["an enormous extension header", [rawHeader({ name: "a", flag: "L", size: octal(2 ** 30) })], 0],
  ])("refuses %s, naming the place", async (_, blocks, offset) => {
    expect(await failing(...blocks)).toMatchObject({ code: "STORE_CORRUPT", details: { offset } });
  });
});
