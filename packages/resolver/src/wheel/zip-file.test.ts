import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { damageZip, makeWheel, makeZip } from "@imagespec/test-support/wheels";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseDirectory } from "./zip-directory.ts";
import { openZip } from "./zip-file.ts";

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "zip-file-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function save(bytes: Uint8Array): Promise<string> {
  const file = path.join(folder, `archive-${count++}.whl`);
  await writeFile(file, bytes);
  return file;
}

async function readAll(bytes: Uint8Array): Promise<Record<string, Buffer>> {
  await using zip = await openZip(await save(bytes));
  const contents: Record<string, Buffer> = {};
  for (const entry of zip.entries) contents[entry.name] = await zip.read(entry);
  return contents;
}

async function refusal(bytes: Uint8Array): Promise<{ code: string; message: string }> {
  return readAll(bytes).then(
    () => ({ code: "none", message: "it was accepted" }),
    (error: { code: string; message: string }) => error,
  );
}

describe("openZip", () => {
  test("reads stored and deflated entries, empty ones and folders", async () => {
    const big = Buffer.alloc(9 * 1024 * 1024, "imagespec ");
    const contents = await readAll(
      makeZip([
        { name: "a/", content: "", method: 0, mode: 0o040755 },
        { name: "a/stored.txt", content: "stored", method: 0 },
        { name: "a/deflated.txt", content: "deflated ".repeat(100) },
        { name: "empty", content: "" },
        { name: "big.bin", content: big },
      ]),
    );
    expect(contents["a/stored.txt"]?.toString()).toBe("stored");
    expect(contents["a/deflated.txt"]?.length).toBe(900);
    expect(contents["empty"]?.length).toBe(0);
    expect(contents["big.bin"]?.equals(big)).toBe(true);
  });

  test("gives back what was put in, whatever it is", async () => {
    const name = fc.stringMatching(/^[a-z0-9_]{1,12}(\/[a-zäöü0-9_.]{1,8}x){0,3}$/);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(
          fc.record({
            name,
            content: fc.uint8Array({ maxLength: 2000 }),
            method: fc.constantFrom(0 as const, 8 as const),
          }),
          { selector: (file) => file.name, maxLength: 8 },
        ),
        async (files) => {
          const contents = await readAll(makeZip(files));
          for (const file of files) expect(contents[file.name]?.equals(Buffer.from(file.content))).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test.each([
    ["a name that climbs out", [{ name: "../evil", content: "x" }], /unsafe name/],
    ["an absolute name", [{ name: "/etc/passwd", content: "x" }], /unsafe name/],
    ["a drive letter", [{ name: "c:evil", content: "x" }], /unsafe name/],
    ["a backslash", [{ name: "a\\..\\b", content: "x" }], /unsafe name/],
    ["a NUL", [{ name: "a\0b", content: "x" }], /unsafe name/],
    ["a name that no file system takes", [{ name: `${"ä".repeat(128)}/x`, content: "x" }], /more than 255 bytes/],
    ["a path that no file system takes", [{ name: "ab/".repeat(1400), content: "x" }], /more than 4096 bytes/],
    [
      "two entries with one name",
      [
        { name: "a", content: "1" },
        { name: "a", content: "2" },
      ],
      /two entries/,
    ],
    ["a symbolic link", [{ name: "a", content: "/etc", mode: 0o120777 }], /neither file nor folder/],
    ["another name in the local header", [{ name: "good", localName: "evil", content: "x" }], /two different ways/],
    ["a longer name in the local header", [{ name: "a", localName: "ab", content: "x" }], /two different ways/],
    ["a name that a mark hides", [{ name: "\ufeffa", localName: "a\nbc", content: "x" }], /two different ways/],
    ["a wrong CRC", [{ name: "a", content: "abc", crc: 1 }], /size or CRC/],
    ["a wrong size", [{ name: "a", content: "abc", statedSize: 2 }], /damaged data|size or CRC/],
    ["a size that deflate cannot reach", [{ name: "a", content: "abc", statedSize: 0x7fffffff }], /cannot reach/],
  ])("refuses %s", async (_title, files, message) => {
    const error = await refusal(makeZip(files));
    expect(error.code).toBe("WHEEL_INVALID");
    expect(error.message).toMatch(message);
  });

  test("refuses bytes before, after and between", async () => {
    const zip = makeWheel({ name: "demo", version: "1.0" }).bytes;
    expect((await refusal(Buffer.concat([zip, Buffer.from("x")]))).code).toBe("WHEEL_INVALID");
    expect((await refusal(Buffer.concat([Buffer.from("x"), zip]))).code).toBe("WHEEL_INVALID");
    expect((await refusal(zip.subarray(0, zip.length - 10))).code).toBe("WHEEL_INVALID");
    expect((await refusal(Buffer.alloc(0))).code).toBe("WHEEL_INVALID");
  });

  test("refuses data that two entries share by an extra field of the local header", async () => {
    const twice = makeZip(["a", "b"].map((name) => ({ name, content: "hello", method: 0 as const })));
    // Past the data of "a" and the header of "b".
    const shared = damageZip(twice, [{ record: "local", entry: 0, field: 7, value: 5 + 31 }]);
    expect((await refusal(shared)).message).toMatch(/data that "a" shares/);
  });

  test("refuses an archive that unpacks to more than any wheel", () => {
    const header = (name: string): Buffer => {
      const bytes = Buffer.alloc(46 + name.length);
      bytes.writeUInt32LE(0x02014b50);
      bytes.writeUInt16LE(8, 10);
      bytes.writeUInt32LE(0x0100_0000, 20);
      bytes.writeUInt32LE(0xffff_fffe, 24);
      bytes.writeUInt16LE(name.length, 28);
      bytes.write(name, 46);
      return bytes;
    };
    const directory = (count: number) =>
      Buffer.concat(Array.from({ length: count }, (_, index) => header(String.fromCharCode(97 + index))));
    expect(parseDirectory("x.whl", directory(16), 16)).toHaveLength(16);
    expect(() => parseDirectory("x.whl", directory(17), 17)).toThrow(/unpacks to more than 64 GiB/);
  });

  test("refuses every single-byte damage or reads the same content", async () => {
    const { bytes } = makeWheel({ name: "demo", version: "1.0", files: { "demo/data.txt": "some text ".repeat(20) } });
    const original = await readAll(bytes);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (position, change) => {
        const damaged = Buffer.from(bytes);
        damaged[position] = (damaged[position] ?? 0) ^ change;
        const outcome = await readAll(damaged).catch((error: { code: string }) => error.code);
        if (typeof outcome === "string") expect(outcome).toBe("WHEEL_INVALID");
        else expect(Object.values(outcome)).toEqual(Object.values(original));
      }),
      { numRuns: 300 },
    );
  });
});
