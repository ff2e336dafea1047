import { appendFile, chmod, mkdir, readdir, readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { digestOf } from "@imagespec/oci";
import { describe, expect, it } from "vitest";
import { onDisk } from "../disk/on-disk.ts";
import { findDamagedContent, openContentStore } from "../index.ts";
import { asUnprivileged } from "../testing/as-unprivileged.ts";
import { allOf, collect, failureOf, inPieces, streamOf } from "../testing/streams.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const hello = Buffer.from("hello");
const helloDigest = digestOf(hello);

async function partials(root: string): Promise<readonly string[]> {
  return readdir(join(root, "partial"));
}

describe("openContentStore", () => {
  it("stores content by digest in the folders of an OCI layout", async () => {
    await using folder = await temporaryFolder();
    const store = await openContentStore(join(folder.path, "deep", "cache"));
    expect(await store.has(helloDigest)).toBe(false);
    expect(await store.stat(helloDigest)).toBeUndefined();
    expect(await store.write(inPieces(hello, 2))).toEqual({ digest: helloDigest, size: 5 });
    expect(store.path(helloDigest)).toBe(join(store.root, "blobs", "sha256", helloDigest.slice(7)));
    expect(await readFile(store.path(helloDigest), "utf8")).toBe("hello");
    expect(await store.stat(helloDigest)).toEqual({ size: 5 });
    expect(Buffer.from(await store.read(helloDigest)).toString()).toBe("hello");
    expect(await partials(store.root)).toEqual([]);
  });

  it("stores sha512 content beside", async () => {
    await using folder = await temporaryFolder();
    const store = await openContentStore(folder.path);
    const digest = digestOf(hello, "sha512");
    expect(await store.write(hello, { expected: digest })).toEqual({ digest, size: 5 });
    expect((await collect(store.open(digest))).toString()).toBe("hello");
  });

  it("streams content far larger than its buffers, and parts of it", async () => {
    await using folder = await temporaryFolder();
    const store = await openContentStore(folder.path);
    const bytes = Buffer.alloc(5_000_011, "0123456789abc");
    const seen: number[] = [];
    const { digest } = await store.write(inPieces(bytes, 65_000), { onProgress: (n) => seen.push(n) });
    expect(digest).toBe(digestOf(bytes));
    expect(seen.at(-1)).toBe(bytes.length);
    expect((await collect(store.open(digest))).equals(bytes)).toBe(true);
    expect((await collect(store.open(digest, { start: 13, end: 18 }))).toString()).toBe("01234");
    expect((await collect(store.open(digest, { start: 5_000_010 }))).toString()).toBe("2");
  });

  it.each([
    ["another digest", { expected: digestOf("other") }],
    ["too many bytes", { size: 4 }],
    ["too few bytes", { size: 6 }],
  ])("refuses %s and leaves nothing behind", async (_, options) => {
    await using folder = await temporaryFolder();
    const store = await openContentStore(folder.path);
    expect(await failureOf(store.write(streamOf("hel", "lo"), options))).toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(await store.has(helloDigest)).toBe(false);
    expect(await partials(store.root)).toEqual([]);
  });

  it("leaves nothing behind when the stream fails or the caller aborts, even a stream that hangs", async () => {
    await using folder = await temporaryFolder();
    const store = await openContentStore(folder.path);
    const broken = new Error("connection lost");
    async function* failing() {
      yield hello;
      throw broken;
    }
    expect(await failureOf(store.write(failing()))).toBe(broken);
    const controller = new AbortController();
    async function* hanging() {
      yield hello;
      setTimeout(() => controller.abort(), 5);
      await new Promise(() => undefined);
    }
    expect(await failureOf(store.write(hanging(), { signal: controller.signal }))).toMatchObject({ code: "ABORTED" });
    expect(await failureOf(store.write(hello, { signal: controller.signal }))).toMatchObject({ code: "ABORTED" });
    expect(await partials(store.root)).toEqual([]);
  });

  it.each([
    ["truncated", (path: string) => truncate(path, 3)],
    ["empty", (path: string) => truncate(path, 0)],
    ["longer", (path: string) => appendFile(path, "!")],
    ["changed", (path: string) => writeFile(path, "jello")],
  ])("finds a file that is %s and says which", async (_, damage) => {
    await using folder = await temporaryFolder();
    const store = await openContentStore(folder.path);
    await store.write(hello);
    await store.write(Buffer.from("fine"));
    await damage(store.path(helloDigest));
    const expected = {
      code: "STORE_CORRUPT",
      message: expect.stringContaining(store.path(helloDigest)),
      hint: expect.stringContaining("imagespec cache verify"),
    };
    expect(await failureOf(store.read(helloDigest))).toMatchObject(expected);
    expect(await failureOf(store.open(helloDigest))).toMatchObject(expected);
    await collect(store.open(helloDigest, { verify: false }));
    const found = [];
    for await (const { digest, path } of findDamagedContent(store)) found.push({ digest, path });
    expect(found).toEqual([{ digest: helloDigest, path: store.path(helloDigest) }]);
    await store.write(hello);
    expect(Buffer.from(await store.read(helloDigest)).toString()).toBe("hello");
  });

  it("says what is missing, and what is too large to be read whole", async () => {
    await using folder = await temporaryFolder();
    const store = await openContentStore(folder.path);
    for (const failure of [await failureOf(store.read(helloDigest)), await failureOf(store.open(helloDigest))])
      expect(failure).toMatchObject({
        code: "IMAGE_NOT_FOUND",
        message: expect.stringContaining(helloDigest),
      });
    await store.write(hello);
    expect(await failureOf(store.read(helloDigest, { maxSize: 4 }))).toMatchObject({ code: "MANIFEST_INVALID" });
    expect(await failureOf(store.open(helloDigest, { start: 1, verify: true }))).toMatchObject({ code: "INTERNAL" });
  });

  it("adopts finished temporary files, and only its own", async () => {
    await using folder = await temporaryFolder();
    const store = await openContentStore(folder.path);
    let path: string;
    {
      await using file = await store.temporaryFile(".layer");
      path = file.path;
      expect(path.endsWith(".layer")).toBe(true);
      await writeFile(path, hello);
      await store.adopt(path, helloDigest);
    }
    expect(await store.has(helloDigest)).toBe(true);
    const strange = join(folder.path, "strange");
    await writeFile(strange, hello);
    expect(await failureOf(store.adopt(strange, helloDigest))).toMatchObject({ code: "INTERNAL" });
  });

  it("lists and removes content, and ignores other files", async () => {
    await using folder = await temporaryFolder();
    const store = await openContentStore(folder.path);
    await store.write(hello);
    await writeFile(join(folder.path, "blobs", "sha256", "README"), "");
    const items = await allOf(store.list());
    expect(items).toMatchObject([{ digest: helloDigest, size: 5 }]);
    expect(Date.now() - items[0]!.lastUsed.getTime()).toBeLessThan(60_000);
    await store.remove(helloDigest);
    await store.remove(helloDigest);
    expect(await allOf(store.list())).toEqual([]);
  });

  it("records a use, to the hour", async () => {
    await using folder = await temporaryFolder();
    const store = await openContentStore(folder.path);
    await store.write(hello);
    const old = new Date("2020-01-01T00:00:00Z");
    await utimes(store.path(helloDigest), old, old);
    expect((await allOf(store.list()))[0]?.lastUsed).toEqual(old);
    await store.has(helloDigest);
    const [item] = await allOf(store.list());
    expect(Date.now() - item!.lastUsed.getTime()).toBeLessThan(60_000);
  });

  it.each(["partial", "locks"])(
    "removes files in %s older than a day when it is opened, and keeps younger ones",
    async (name) => {
      await using folder = await temporaryFolder();
      const partial = join(folder.path, name);
      await mkdir(join(partial, "old-folder"), { recursive: true });
      await writeFile(join(partial, "old"), "x");
      await writeFile(join(partial, "young"), "x");
      const old = new Date(Date.now() - 25 * 60 * 60 * 1000);
      for (const each of ["old", "old-folder"]) await utimes(join(partial, each), old, old);
      await openContentStore(folder.path);
      expect(await readdir(partial)).toEqual(["young"]);
    },
  );

  it("writes again after its folders were deleted under it", async () => {
    await using folder = await temporaryFolder();
    const store = await openContentStore(join(folder.path, "cache"));
    await store.write(hello);
    await rm(store.root, { recursive: true });
    await store.write(hello);
    expect(await store.has(helloDigest)).toBe(true);
  });

  it("says that a folder cannot be used", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "file");
    await writeFile(file, "");
    expect(await failureOf(openContentStore(join(file, "cache")))).toMatchObject({
      code: "STORE_UNUSABLE",
      message: expect.stringContaining(file),
    });
  });

  it("reads a store that cannot be written to", async () => {
    await using folder = await temporaryFolder();
    const before = await openContentStore(folder.path);
    await before.write(hello);
    await chmod(folder.path, 0o755);
    await asUnprivileged(folder.path, async () => {
      const store = await openContentStore(folder.path);
      expect(Buffer.from(await store.read(helloDigest)).toString()).toBe("hello");
      expect(await failureOf(store.write(Buffer.from("x")))).toMatchObject({
        code: "STORE_UNUSABLE",
        message: expect.stringContaining(folder.path),
      });
      expect(await failureOf(openContentStore(join(folder.path, "new")))).toMatchObject({ code: "STORE_UNUSABLE" });
    });
  });

  it("says that the disk is full", async () => {
    const fullDisk = new Error("ENOSPC: no space left on device, write");
    const failing = onDisk("/cache/partial/x", () => Promise.reject(Object.assign(fullDisk, { code: "ENOSPC" })));
    expect(await failureOf(failing)).toMatchObject({
      code: "DISK_FULL",
      message: expect.stringContaining("/cache/partial/x"),
    });
  });
});
