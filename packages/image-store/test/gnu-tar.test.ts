import { execFile } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdir, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTar, type TarHeader, tarHeader, tarPadding, tarTrailer } from "../src/index.ts";
import { collect } from "../src/testing/streams.ts";
import { temporaryFolder } from "../src/testing/temporary-folder.ts";

const run = promisify(execFile);
const env = { PATH: process.env["PATH"], LC_ALL: "C.UTF-8", TZ: "UTC" };

async function tar(...args: readonly string[]): Promise<Buffer> {
  const { stdout } = await run("tar", args, { env, encoding: "buffer", maxBuffer: 1 << 26 });
  return stdout;
}

function archive(entries: readonly { readonly header: TarHeader; readonly content?: Uint8Array }[]): Buffer {
  const parts = entries.flatMap(({ header, content = new Uint8Array(0) }) => [
    tarHeader(header),
    content,
    tarPadding(content.length),
  ]);
  return Buffer.concat([...parts, tarTrailer]);
}

const file: TarHeader = { path: "f", type: "file", mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0 };

describe("GNU tar", () => {
  it("lists the names that tarHeader wrote", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "a.tar");
    const name = fc
      .oneof(
        fc.string({ unit: "binary", minLength: 1, maxLength: 200 }),
        fc.string({ unit: fc.constantFrom("a", "é", "日", "/", "\udce9", " "), minLength: 1, maxLength: 300 }),
      )
      .map((text) => text.replaceAll(/[\0\n]/g, "_"))
      .filter((text) => !text.endsWith("/"));
    await fc.assert(
      fc.asyncProperty(fc.array(name, { minLength: 1, maxLength: 8 }), async (names) => {
        await writeFile(path, archive(names.map((text) => ({ header: { ...file, path: text } }))));
        const listed = await tar("--quoting-style=literal", "--show-transformed-names", "-Ptf", path);
        // Names that are no UTF-8 come out as the bytes they were.
        const expected = Buffer.concat(names.map((text) => Buffer.concat([bytesOf(text), Buffer.from("\n")])));
        expect(listed.toString("latin1")).toBe(expected.toString("latin1"));
      }),
      { numRuns: 60 },
    );
  });

  it("sees types, modes, owners, sizes, times and links as they were written", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "a.tar");
    const entries = [
      { header: { ...file, path: "dir", type: "directory", mode: 0o2755 } },
      {
        header: { ...file, path: "dir/f", mode: 0o4711, uid: 3_000_000, gid: 5, size: 3, mtime: 86400 },
        content: Buffer.from("abc"),
      },
      { header: { ...file, path: "dir/s", type: "symlink", mode: 0o777, linkPath: "é".repeat(70) } },
      { header: { ...file, path: "dir/h", type: "hardlink", linkPath: "dir/f" } },
      { header: { ...file, path: "dir/p", type: "fifo" } },
      { header: { ...file, path: "dir/c", type: "character-device", devMajor: 1, devMinor: 3 } },
      { header: { ...file, path: "dir/old", mtime: -86400 } },
    ] as const satisfies readonly { readonly header: TarHeader; readonly content?: Uint8Array }[];
    await writeFile(path, archive(entries));
    const listed = (await tar("--numeric-owner", "--full-time", "-tvf", path)).toString().replaceAll(/ +/g, " ");
    expect(listed.trimEnd().split("\n")).toEqual([
      "drwxr-sr-x 0/0 0 1970-01-01 00:00:00 dir/",
      "-rws--x--x 3000000/5 3 1970-01-02 00:00:00 dir/f",
      `lrwxrwxrwx 0/0 0 1970-01-01 00:00:00 dir/s -> ${"é".repeat(70)}`,
      "hrw-r--r-- 0/0 0 1970-01-01 00:00:00 dir/h link to dir/f",
      "prw-r--r-- 0/0 0 1970-01-01 00:00:00 dir/p",
      "crw-r--r-- 0/0 1,3 1970-01-01 00:00:00 dir/c",
      "-rw-r--r-- 0/0 0 1969-12-31 00:00:00 dir/old",
    ]);
  });

  it("accepts the header of a file over 8 GiB", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "big.tar");
    const size = 9 * 1024 ** 3;
    const head = tarHeader({ ...file, path: "big", size });
    await writeFile(path, head);
    await truncate(path, head.length + size);
    const listed = (await tar("-tvf", path)).toString();
    expect(listed).toContain(` ${size} `);
  });

  it.each(["v7", "ustar", "oldgnu", "gnu", "posix"])(
    "writes archives in its %s format that readTar reads",
    async (format) => {
      await using folder = await temporaryFolder();
      const root = join(folder.path, "root");
      const isOld = format === "v7" || format === "ustar";
      const long = isOld ? "d".repeat(format === "v7" ? 40 : 90) : `${"d".repeat(150)}/${"e".repeat(150)}`;
      await mkdir(join(root, long), { recursive: true });
      await writeFile(join(root, long, "größe"), "content");
      await writeFile(join(root, "empty"), "");
      await utimes(join(root, "empty"), 1.5, 1.5);
      await symlink(isOld ? "t" : "t".repeat(180), join(root, "link"));
      const path = join(folder.path, "a.tar");
      await tar("-C", root, `--format=${format}`, "--sort=name", "-cf", path, ".");
      const entries = new Map<string, readonly [TarHeader, string]>();
      for await (const { header, content } of readTar(createReadStream(path)))
        entries.set(header.path, [header, (await collect(content)).toString()]);
      expect([...entries.keys()]).toEqual([
        ".",
        ...long.split("/").map((_, index, parts) => `./${parts.slice(0, index + 1).join("/")}`),
        `./${long}/größe`,
        "./empty",
        "./link",
      ]);
      expect(entries.get(`./${long}/größe`)?.[1]).toBe("content");
      expect(entries.get("./empty")?.[0].mtime).toBe(format === "posix" ? 1.5 : 1);
      expect(entries.get("./link")?.[0]).toMatchObject({ type: "symlink", linkPath: isOld ? "t" : "t".repeat(180) });
    },
  );

  it("writes sparse files that readTar refuses", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "sparse"), "x");
    await truncate(join(folder.path, "sparse"), 10 * 1024 * 1024);
    for (const format of ["gnu", "posix"]) {
      const path = join(folder.path, `${format}.tar`);
      await tar("-C", folder.path, "--sparse", `--format=${format}`, "-cf", path, "sparse");
      await expect(collectNames(path)).rejects.toMatchObject({ code: "STORE_CORRUPT", message: /sparse/ });
    }
  });
});

async function collectNames(path: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { header } of readTar(createReadStream(path))) names.push(header.path);
  return names;
}

/** The bytes that a name stands for; lone surrogates are bytes that are no UTF-8. */
function bytesOf(text: string): Buffer {
  return Buffer.concat(
    [...text].map((character) => {
      const code = character.codePointAt(0) ?? 0;
      return code >= 0xdc80 && code <= 0xdcff ? Buffer.of(code - 0xdc00) : Buffer.from(character);
    }),
  );
}
