import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { findDamagedContent, openKeyIndex, openLocalImageStore, openOciLayout, withFileLock } from "../src/index.ts";
import { allOf, collect, failureOf } from "../src/testing/streams.ts";
import { temporaryFolder } from "../src/testing/temporary-folder.ts";
import { buildImageStore, type StoreProcess, spawnStore } from "./store-process.ts";

beforeAll(buildImageStore);

/** Fails by the time limit of the test. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

describe("withFileLock between processes", () => {
  it("loses no count", async () => {
    await using folder = await temporaryFolder();
    const counter = join(folder.path, "counter");
    await writeFile(counter, "0");
    const lock = join(folder.path, "lock");
    const processes = [1, 2, 3, 4].map(() => spawnStore("count", lock, counter, "40"));
    expect(await Promise.all(processes.map((child) => child.ended()))).toEqual([0, 0, 0, 0]);
    expect(await readFile(counter, "utf8")).toBe("160");
    expect(await readdir(folder.path)).toEqual(["counter"]);
  });

  it("waits for a live holder, and takes over from a killed one", async () => {
    await using folder = await temporaryFolder();
    const lock = join(folder.path, "lock");
    const holder = spawnStore("hold", lock);
    expect(await holder.nextLine()).toBe("held");
    const waiting = withFileLock(lock, async () => "ran", { timeoutMs: 300 });
    expect(await failureOf(waiting)).toMatchObject({
      code: "STORE_UNUSABLE",
      message: expect.stringContaining(`process ${holder.pid} `),
    });
    await holder.kill();
    expect(await withFileLock(lock, async () => "ran", { timeoutMs: 5000 })).toBe("ran");
    expect(await readdir(folder.path)).toEqual([]);
  });

  it("never lets two in, however many are killed while they hold it, wait for it or take it over", async () => {
    await using folder = await temporaryFolder();
    const lock = join(folder.path, "lock");
    const marker = join(folder.path, "marker");
    const start = (): StoreProcess => spawnStore("contend", lock, marker);
    const running = [1, 2, 3, 4, 5].map(start);
    const all = [...running];
    const held = (): number => all.flatMap(({ lines }) => lines).filter((line) => line === "held").length;
    for (let round = 0; round < 20; round++) {
      // A slow machine must not turn this into killing processes that have not begun.
      const before = held();
      await until(() => running.every(({ lines }) => lines.length > 0) && held() > before + 2);
      await sleep((round * 7) % 20);
      await running.shift()?.kill();
      const next = start();
      running.push(next);
      all.push(next);
    }
    const before = held();
    await until(() => held() > before + 10);
    for (const child of running) await child.kill();
    const lines = new Set(all.flatMap((child) => child.lines));
    expect(lines).toEqual(new Set(["ready", "held"]));
  });
});

describe("a store whose writers are killed", () => {
  it("holds whole content and every name that was finished, and garbage in partial folders alone", async () => {
    await using folder = await temporaryFolder();
    const root = join(folder.path, "cache");
    /** What each name may mean: what was printed last, or a later one that was not printed any more. */
    const finished = new Map<string, string>();
    for (let round = 0; round < 12; round++) {
      const children = ["a", "b"].map((name) => spawnStore("store", root, name));
      await until(() => children.every(({ lines }) => lines.length > 0));
      await sleep((round * 53) % 200);
      for (const child of children) await child.kill();
      for (const line of children.flatMap(({ lines }) => lines)) {
        const [name = "", digest = ""] = line.split(" ");
        finished.set(name, digest);
      }
      const store = await openLocalImageStore(root);
      expect(await allOf(findDamagedContent(store.content))).toEqual([]);
      const facts = await openKeyIndex(join(root, "facts"), { parse: (value) => value });
      for (const [name, digest] of finished) {
        const found = await store.readManifest({ tag: name });
        expect(found, `${name}, once ${digest}`).toBeDefined();
        const { config, layers } = JSON.parse(Buffer.from(found!.bytes).toString());
        for (const descriptor of [config, ...layers]) await collect(await store.openBlob(descriptor));
        expect(await facts.get(name)).toMatchObject({ n: expect.any(Number) });
      }
      const known = ["blobs", "facts", "index.json", "oci-layout", "partial"];
      expect((await readdir(root)).filter((name) => !known.includes(name))).toEqual([]);
      expect(await readdir(join(root, "blobs"))).toEqual(["sha256"]);
    }
    expect(finished.size).toBeGreaterThan(1);
  });
});

describe("a layout that several processes write to", () => {
  it("has the entries of all of them", async () => {
    await using folder = await temporaryFolder();
    const root = join(folder.path, "layout");
    const names = ["a", "b", "c", "d"];
    const processes = names.map((name) => spawnStore("layout", root, name, "10"));
    expect(await Promise.all(processes.map((child) => child.ended()))).toEqual([0, 0, 0, 0]);
    const layout = await openOciLayout(root);
    const expected = names.flatMap((name) => Array.from({ length: 10 }, (_, n) => `${name}-${n}`));
    expect((await layout.list()).map(({ name }) => name).toSorted()).toEqual(expected.toSorted());
    expect((await readdir(root)).toSorted()).toEqual(["blobs", "index.json", "oci-layout"]);
  });
});
