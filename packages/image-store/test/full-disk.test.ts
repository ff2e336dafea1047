import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, type TestContext } from "vitest";
import { openKeyIndex, openLocalImageStore, openOciLayout, writeDockerArchive } from "../src/index.ts";
import { sampleImage, writeImage } from "../src/testing/sample-image.ts";
import { collect, failureOf } from "../src/testing/streams.ts";
import { temporaryFolder } from "../src/testing/temporary-folder.ts";

const run = promisify(execFile);

interface SmallDisk {
  readonly path: string;
  makeReadOnly(): Promise<unknown>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A disk of its own of 2 MiB; skips the test where this user may not mount one. */
async function smallDisk(context: TestContext): Promise<SmallDisk> {
  const folder = await temporaryFolder();
  try {
    await run("mount", ["-t", "tmpfs", "-o", "size=2m", "imagespec-test", folder.path]);
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    return context.skip(`mounting a disk needs root on Linux: ${String(error)}`);
  }
  return {
    path: folder.path,
    makeReadOnly: () => run("mount", ["-o", "remount,ro", folder.path]),
    async [Symbol.asyncDispose]() {
      await run("umount", [folder.path]);
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function* megabytes(count: number): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < count; n++) yield Buffer.alloc(1024 * 1024, n);
}

it("fails with DISK_FULL, leaves nothing behind and works again when there is space", async (context) => {
  await using disk = await smallDisk(context);
  const store = await openLocalImageStore(disk.path);
  const failure = await failureOf(store.content.write(megabytes(20)));
  expect(failure).toMatchObject({ code: "DISK_FULL", message: expect.stringContaining(disk.path) });
  expect(await readdir(join(disk.path, "partial"))).toEqual([]);
  const image = sampleImage("a");
  await writeImage(store, image, "acme/x:1");
  expect(await store.resolve("acme/x:1")).toEqual(image.descriptor);
  const { digest } = await store.content.write(megabytes(1));
  await using other = await temporaryFolder();
  const layout = await openOciLayout(other.path, { create: true });
  const { digest: large } = await writeImage(layout, sampleImage("a".repeat(3000), undefined, false));
  const target = join(disk.path, "image.tar");
  expect(await failureOf(writeDockerArchive(layout, { digest: large }, target, { names: [] }))).toMatchObject({
    code: "DISK_FULL",
  });
  expect((await readdir(disk.path)).filter((name) => name.startsWith("image.tar"))).toEqual([]);
  await collect(store.content.open(digest));
});

it("reads from a disk that is read-only, and says that it cannot be written", async (context) => {
  await using disk = await smallDisk(context);
  const image = sampleImage("a");
  const facts = { parse: (value: unknown) => value };
  await writeImage(await openLocalImageStore(disk.path), image, "acme/x:1");
  await (await openKeyIndex(join(disk.path, "facts"), facts)).set("a", 1);
  await disk.makeReadOnly();

  const store = await openLocalImageStore(disk.path);
  expect(await store.resolve("acme/x:1")).toEqual(image.descriptor);
  for (const layer of image.layers) await collect(await store.openBlob(layer));
  const index = await openKeyIndex(join(disk.path, "facts"), facts);
  expect(await index.get("a")).toBe(1);
  await using layout = await openOciLayout(disk.path);
  expect((await layout.readManifest({ tag: "docker.io/acme/x:1" }))?.descriptor).toEqual(image.descriptor);

  const other = sampleImage("b");
  for (const action of [
    () => writeImage(store, other, "acme/x:2"),
    () => store.tag(image.descriptor, "acme/x:3"),
    () => store.remove("acme/x:1"),
    () => store.collectGarbage({ unusedForMs: 0 }),
    () => index.set("a", 2),
    () => openOciLayout(join(disk.path, "new"), { create: true }),
  ])
    expect(await failureOf(action())).toMatchObject({
      code: "STORE_UNUSABLE",
      message: expect.stringContaining(disk.path),
    });
});
