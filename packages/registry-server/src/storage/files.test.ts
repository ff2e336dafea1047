import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { Files } from "./files.ts";
import { createFolderFiles } from "./folder-files.ts";
import { createMemoryFiles } from "./memory-files.ts";

const folders: string[] = [];
const media: readonly (readonly [string, () => Promise<Files>])[] = [
  ["memory", async () => createMemoryFiles()],
  [
    "folder",
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "registry-files-"));
      folders.push(folder);
      return createFolderFiles(folder);
    },
  ],
];

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const nothing = (): void => {};

async function* chunksOf(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield bytes(text);
}

async function textOf(files: Files, path: string, start?: number, end?: number): Promise<string | undefined> {
  if (start === undefined || end === undefined) {
    const content = await files.read(path);
    return content === undefined ? undefined : Buffer.from(content).toString();
  }
  const parts: Buffer[] = [];
  for await (const part of files.open(path, start, end)) parts.push(part);
  return Buffer.concat(parts).toString();
}

describe.each(media)("files in %s", (_, create) => {
  test("writing replaces, removing says whether there was something", async () => {
    const files = await create();
    expect(await files.read("a/b")).toBeUndefined();
    expect(await files.size("a/b")).toBeUndefined();
    expect(await files.remove("a/b")).toBe(false);
    await files.write("a/b", bytes("one"));
    await files.write("a/b", bytes("three"));
    expect(await textOf(files, "a/b")).toBe("three");
    expect(await files.size("a/b")).toBe(5);
    expect(await files.remove("a/b")).toBe(true);
    expect(await files.read("a/b")).toBeUndefined();
  });

  test("a file is not a folder", async () => {
    const files = await create();
    await files.write("a", bytes("x"));
    expect(await files.read("a/b")).toBeUndefined();
    expect(await files.remove("a/b")).toBe(false);
    expect(await files.list("a/b")).toEqual([]);
  });

  test("listing names files and folders once", async () => {
    const files = await create();
    expect(await files.list("a")).toEqual([]);
    for (const path of ["a/x", "a/b/y", "a/b/z"]) await files.write(path, bytes(""));
    await files.write("a/x", bytes("again"));
    expect([...(await files.list("a"))].sort()).toEqual(["b", "x"]);
    await files.remove("a/b/y");
    expect(await files.list("a/b")).toEqual(["z"]);
  });

  test("moving replaces and takes the old name away", async () => {
    const files = await create();
    await files.write("from", bytes("new"));
    await files.write("to/here", bytes("old"));
    await files.move("from", "to/here");
    expect(await textOf(files, "to/here")).toBe("new");
    expect(await files.size("from")).toBeUndefined();
  });

  test("appending from an offset drops what came after it", async () => {
    const files = await create();
    await files.append("f", 0, chunksOf("abc", "def"), nothing);
    await files.truncate("f", 5);
    expect(await textOf(files, "f")).toBe("abcde");
    await files.append("f", 5, chunksOf("XYZ"), nothing);
    expect(await textOf(files, "f")).toBe("abcdeXYZ");
  });

  test("what was appended before a failure stays", async () => {
    const files = await create();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield bytes("abc");
      throw new Error("gone");
    }
    const seen: string[] = [];
    const note = (chunk: Uint8Array): void => void seen.push(Buffer.from(chunk).toString());
    await expect(files.append("f", 0, broken(), note)).rejects.toThrow("gone");
    expect(await textOf(files, "f")).toBe("abc");
    expect(seen).toEqual(["abc"]);
  });

  test("any part can be read, whatever the chunks were", async () => {
    const files = await create();
    const cases = fc.tuple(fc.array(fc.string({ unit: "binary-ascii" }), { minLength: 1 }), fc.nat(), fc.nat());
    await fc.assert(
      fc.asyncProperty(cases, async ([parts, a, b]) => {
        const whole = parts.join("");
        fc.pre(whole.length > 0);
        await files.append("f", 0, chunksOf(...parts), nothing);
        const start = a % whole.length;
        const end = start + 1 + (b % (whole.length - start));
        expect(await textOf(files, "f", start, end)).toBe(whole.slice(start, end));
      }),
      { numRuns: 50 },
    );
  });
});
