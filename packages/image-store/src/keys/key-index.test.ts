import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openKeyIndex } from "../index.ts";
import { allOf } from "../testing/streams.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const parse = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe("openKeyIndex", () => {
  it("keeps values under any text, across openings", async () => {
    await using folder = await temporaryFolder();
    const keys = fc.string({ unit: "binary", maxLength: 400 });
    await fc.assert(
      fc.asyncProperty(fc.dictionary(keys, fc.integer(), { maxKeys: 5 }), fc.uuid(), async (values, name) => {
        const path = join(folder.path, name);
        const index = await openKeyIndex(path, { parse });
        for (const [key, value] of Object.entries(values)) await index.set(key, value);
        const again = await openKeyIndex(path, { parse });
        for (const [key, value] of Object.entries(values)) expect(await again.get(key)).toBe(value);
        expect((await allOf(again.keys())).toSorted()).toEqual(Object.keys(values).toSorted());
      }),
      { numRuns: 8 },
    );
  });

  it("takes the file of another key and a value that parse refuses for absent", async () => {
    await using folder = await temporaryFolder();
    const texts = await openKeyIndex<unknown>(folder.path, { parse: (value) => value });
    const numbers = await openKeyIndex(folder.path, { parse });
    await texts.set("a", "text");
    const [file] = await filesOf(folder.path);
    expect(await numbers.get("a")).toBeUndefined();
    await texts.set("b", 1);
    const other = (await filesOf(folder.path)).find((name) => name !== file);
    await copyFile(other!, file!);
    expect(await numbers.get("a")).toBeUndefined();
    expect(await numbers.get("b")).toBe(1);
  });

  it("never gives another value than the one it was given, whatever bit is flipped", async () => {
    await using folder = await temporaryFolder();
    const value = { digest: "sha256:0123", size: 4711, "1": [1.5, null, true], text: "ü\n" };
    const index = await openKeyIndex<unknown>(folder.path, { parse: (stored) => stored });
    await index.set("a", value);
    const [file] = await filesOf(folder.path);
    const bytes = await readFile(file!);
    for (let bit = 0; bit < bytes.length * 8; bit += 3) {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      await writeFile(file!, damaged);
      const found = await index.get("a");
      if (found !== undefined) expect(found).toEqual(value);
    }
  });

  it("replaces and deletes", async () => {
    await using folder = await temporaryFolder();
    const index = await openKeyIndex(join(folder.path, "index"), { parse });
    expect(await index.get("a")).toBeUndefined();
    expect(await allOf(index.keys())).toEqual([]);
    await index.set("a", 1);
    await index.set("a", 2);
    expect(await index.get("a")).toBe(2);
    await index.delete("a");
    await index.delete("a");
    expect(await index.get("a")).toBeUndefined();
  });

  it.each([
    ["is not JSON", '{"key":"a","val'],
    ["is empty", ""],
    ["has another shape", '["a"]'],
    ["has no checksum", '{"key":"a","value":1}'],
  ])("takes an entry that %s for absent", async (_, content) => {
    await using folder = await temporaryFolder();
    const index = await openKeyIndex(folder.path, { parse });
    await index.set("a", 1);
    const [file] = await filesOf(folder.path);
    await writeFile(file!, content);
    expect(await index.get("a")).toBeUndefined();
    await index.set("a", 3);
    expect(await index.get("a")).toBe(3);
  });

  it("leaves no partial files, however many write at once", async () => {
    await using folder = await temporaryFolder();
    const index = await openKeyIndex(folder.path, { parse });
    await Promise.all(Array.from({ length: 50 }, (_, n) => index.set(`k${n % 5}`, n)));
    expect(await readdir(join(folder.path, "partial"))).toEqual([]);
    expect(await filesOf(folder.path)).toHaveLength(5);
  });
});
