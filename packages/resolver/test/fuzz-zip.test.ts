import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { isImageSpecError } from "@imagespec/errors";
import { damageZip, makeZip, type ZipDamage, type ZipFixture } from "@imagespec/test-support/wheels";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openZip } from "../src/wheel/zip-file.ts";

const numRuns = Number(process.env["IMAGESPEC_FUZZ_RUNS"] ?? 400);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "fuzz-zip-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const names = fc.oneof(
  fc.stringMatching(/^[a-z]{1,3}(\/[a-z]{1,3}){0,2}\/?$/),
  fc.constantFrom(
    "../x",
    "/etc/passwd",
    "a/../../x",
    "a\\..\\x",
    "C:/x",
    "c:x",
    "a\0b",
    "a//b",
    "./a",
    "a/.",
    ".",
    "..",
    "",
    "/",
    "A",
    "a",
    "Ä",
    "A\u0308",
    "a\nb",
    "x".repeat(300),
    "\uFEFFa",
    "nul",
    "~/x",
    "a\u202eb",
  ),
  fc.string({ unit: "binary", maxLength: 6 }),
);
const usual = {
  name: names,
  content: fc.oneof(fc.string({ maxLength: 40 }), fc.constant("0".repeat(200_000))),
  method: fc.constantFrom<0 | 8>(0, 8),
};
const file: fc.Arbitrary<ZipFixture> = fc.oneof(
  { weight: 5, arbitrary: fc.record(usual) },
  {
    weight: 1,
    arbitrary: fc.record(
      {
        ...usual,
        mode: fc.constantFrom(0, 0o100644, 0o100755, 0o040755, 0o120777, 0o020644, 0o010644, 0o177777),
        localName: names,
        crc: fc.nat(),
        statedSize: fc.constantFrom(0, 1, 0xffffffff, 0x7fffffff, 1_000_000),
      },
      { requiredKeys: ["name", "content"] },
    ),
  },
);
const files = fc.array(file, { maxLength: 5 });
const numbers = fc.oneof(
  fc.constantFrom(0, 1, 2, 8, 9, 22, 30, 46, 0x7fff, 0xffff, 0x7fffffff, 0xfffffffe, 0xffffffff),
  fc.nat(400),
);
const damages: fc.Arbitrary<ZipDamage[]> = fc.array(
  fc.record({
    record: fc.constantFrom<ZipDamage["record"]>("local", "central", "end"),
    entry: fc.nat(5),
    field: fc.nat(12),
    value: numbers,
  }),
  { maxLength: 3 },
);
/** Bytes that are cut off, put in, or taken for others. */
const cuts = fc.array(fc.record({ at: fc.nat(1000), remove: fc.nat(40), insert: fc.uint8Array({ maxLength: 8 }) }), {
  maxLength: 2,
});

function cut(bytes: Buffer, edits: readonly { at: number; remove: number; insert: Uint8Array }[]): Buffer {
  return edits.reduce((before, { at, remove, insert }) => {
    const start = at % (before.length + 1);
    return Buffer.concat([before.subarray(0, start), insert, before.subarray(start + remove)]);
  }, bytes);
}

/** What an accepted archive holds. */
async function readAll(bytes: Uint8Array): Promise<Map<string, Buffer>> {
  const file = path.join(folder, "archive.whl");
  await writeFile(file, bytes);
  await using zip = await openZip(file);
  const contents = new Map<string, Buffer>();
  for (const entry of zip.entries) contents.set(entry.name, await zip.read(entry, 1_000_000));
  return contents;
}

async function accepted(bytes: Uint8Array): Promise<Map<string, Buffer> | undefined> {
  try {
    return await readAll(bytes);
  } catch (error) {
    if (!isImageSpecError(error, "WHEEL_INVALID")) throw error;
    return undefined;
  }
}

function expectSafe(contents: ReadonlyMap<string, Buffer>): void {
  for (const name of contents.keys()) {
    expect(name).not.toMatch(/^\/|^[a-zA-Z]:|\\|\0/);
    expect(name.split("/")).not.toContain("..");
    expect(path.posix.normalize(name)).toBe(name);
    for (const part of name.split("/")) expect(Buffer.byteLength(part)).toBeLessThan(256);
  }
}

test("any archive is refused as WHEEL_INVALID, or holds safe names and the content that was put in", async () => {
  await fc.assert(
    fc.asyncProperty(files, async (entries) => {
      const contents = await accepted(makeZip(entries));
      if (contents === undefined) return;
      expectSafe(contents);
      for (const { name, content } of entries) expect(contents.get(name)?.toString()).toBe(content);
    }),
    { numRuns },
  );
});

test("lies in headers, and bytes that are missing or too many, are refused as WHEEL_INVALID or change nothing", async () => {
  const harmless = fc.array(
    fc.record({ name: fc.stringMatching(/^[a-z]{1,4}$/), content: fc.string({ maxLength: 60 }) }),
    { minLength: 1, maxLength: 5 },
  );
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.oneof(harmless, files), damages, cuts, async (entries, lies, edits) => {
      const contents = await accepted(cut(damageZip(makeZip(entries), lies), edits));
      if (contents === undefined) refused++;
      else expectSafe(contents);
    }),
    { numRuns },
  );
  expect(refused).toBeGreaterThan(0);
});

test("bytes that are no archive at all are refused", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      expect(await accepted(bytes)).toBeUndefined();
    }),
    { numRuns },
  );
});
