import { createReadStream } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ContextEntry } from "@imagespec/dockerfile";
import { decompress, readTar } from "@imagespec/image-store";
import { digestOf } from "@imagespec/oci";
import { afterEach, beforeEach, expect, test } from "vitest";
import { packContext } from "./pack-context.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "pack-context-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const signal = new AbortController().signal;

function file(name: string, text: string, mode = 0o644): ContextEntry {
  const bytes = Buffer.from(text);
  return {
    kind: "file",
    path: name,
    mode,
    size: bytes.length,
    digest: digestOf(bytes),
    async *open() {
      yield bytes;
    },
  };
}

const plan = {
  text: "FROM scratch\n",
  context: [
    { kind: "symlink", path: "source/link", mode: 0o777, linkTarget: "a" },
    file("source/ä b.sh", "echo\n", 0o755),
    file("source/a", "1"),
    { kind: "directory", path: "source", mode: 0o755 },
  ] satisfies ContextEntry[],
};

async function listOf(archive: string): Promise<readonly string[]> {
  const list: string[] = [];
  for await (const { header, content } of readTar(decompress(createReadStream(archive)))) {
    let text = "";
    for await (const chunk of content) text += Buffer.from(chunk).toString();
    list.push(`${header.type} ${header.mode.toString(8)} ${header.path} ${header.linkPath ?? text}`.trimEnd());
  }
  return list;
}

test("packs the Dockerfile, the context and side files in order", async () => {
  await using packed = await packContext(plan, { folder, files: [{ path: "machine/ca", text: "PEM" }], signal });
  expect(await listOf(packed.path)).toEqual([
    "directory 755 context",
    "file 644 context/Dockerfile FROM scratch",
    "directory 755 context/source",
    "file 644 context/source/a 1",
    "symlink 777 context/source/link a",
    "file 755 context/source/ä b.sh echo",
    "directory 755 machine",
    "file 644 machine/ca PEM",
  ]);
  expect(packed.files).toBe(8);
});

test("has the same content whatever the order, and another for another byte", async () => {
  const hashes = await Promise.all(
    [plan.context, [...plan.context].reverse(), [...plan.context, file("source/b", "")]].map(async (context) => {
      await using packed = await packContext({ ...plan, context }, { folder, signal });
      return packed.contentSha256;
    }),
  );
  expect(hashes[0]).toBe(hashes[1]);
  expect(hashes[2]).not.toBe(hashes[0]);
});

test("leaves nothing behind: when it is disposed of, aborted, or a file cannot be read", async () => {
  await (await packContext(plan, { folder, signal }))[Symbol.asyncDispose]();
  const controller = new AbortController();
  const slow: ContextEntry = {
    ...file("z", "abc"),
    kind: "file",
    size: 3,
    digest: digestOf(Buffer.from("abc")),
    async *open() {
      controller.abort();
      yield Buffer.from("abc");
    },
  };
  const aborted = packContext({ ...plan, context: [slow] }, { folder, signal: controller.signal });
  await expect(aborted).rejects.toMatchObject({ code: "ABORTED" });
  const broken: ContextEntry = {
    ...slow,
    open() {
      throw new Error("changed");
    },
  };
  await expect(packContext({ ...plan, context: [broken] }, { folder, signal })).rejects.toThrow("changed");
  expect(await readdir(folder)).toEqual([]);
});
