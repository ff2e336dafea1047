import { readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { withFileLock } from "../index.ts";
import { failureOf } from "../testing/streams.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { currentHolder } from "./lock-holder.ts";

const noPid = 2 ** 22 + 1; // Above the largest pid that Linux and macOS give.
const day = 24 * 60 * 60 * 1000;

async function plant(file: string, changes: Readonly<Record<string, unknown>>, ageMs = 0): Promise<void> {
  await writeFile(file, JSON.stringify({ ...(await currentHolder()), id: "abc", ...changes }));
  const then = new Date(Date.now() - ageMs);
  await utimes(file, then, then);
}

describe("withFileLock", () => {
  it("runs one action at a time, and leaves nothing behind", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "deep", "lock");
    let inside = 0;
    let most = 0;
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        withFileLock(file, async () => {
          most = Math.max(most, ++inside);
          await sleep(2);
          inside--;
          return n;
        }),
      ),
    );
    expect(results).toEqual(Array.from({ length: 12 }, (_, n) => n));
    expect(most).toBe(1);
    expect(await readdir(join(folder.path, "deep"))).toEqual([]);
  });

  it("names its holder, and frees the lock when the action fails", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "lock");
    const broken = new Error("broken");
    const action = async () => {
      expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ pid: process.pid, host: hostname() });
      throw broken;
    };
    expect(await failureOf(withFileLock(file, action))).toBe(broken);
    expect(await readdir(folder.path)).toEqual([]);
  });

  it("says once whom it waits for, and stops waiting on abort or after the time limit", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "lock");
    await withFileLock(file, async () => {
      const holders: string[] = [];
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 40);
      const onWait = (holder: string) => holders.push(holder);
      const never = () => Promise.reject(new Error("must not run"));
      expect(await failureOf(withFileLock(file, never, { signal: controller.signal, onWait }))).toMatchObject({
        code: "ABORTED",
      });
      expect(holders).toEqual([expect.stringContaining(`process ${process.pid} on ${hostname()}`)]);
      expect(await failureOf(withFileLock(file, never, { timeoutMs: 20 }))).toMatchObject({
        code: "STORE_UNUSABLE",
        message: expect.stringContaining(`process ${process.pid}`),
      });
      expect(await failureOf(withFileLock(file, never, { signal: AbortSignal.abort() }))).toMatchObject({
        code: "ABORTED",
      });
      expect(await readdir(folder.path)).toEqual(["lock"]);
    });
  });

  it.each<[string, Readonly<Record<string, unknown>>, number]>([
    ["a dead process", { pid: noPid }, 0],
    ["an earlier process with the same pid", { processStart: "another-boot/1" }, 0],
    ["another host, a day old", { host: "elsewhere" }, day + 1000],
    ["a hidden process of a container, a day old", { pidNamespace: "pid:[1]" }, day + 1000],
    ["nobody readable, a minute old", { id: 7 }, 61_000],
  ])("takes over the lock of %s", async (name, changes, age) => {
    if (name.includes("earlier") && process.platform !== "linux") return;
    await using folder = await temporaryFolder();
    const file = join(folder.path, "lock");
    await plant(file, changes, age);
    expect(await withFileLock(file, async () => "ran", { timeoutMs: 1000 })).toBe("ran");
    expect(await readdir(folder.path)).toEqual([]);
  });

  it.each<[string, Readonly<Record<string, unknown>>, number]>([
    ["a live process", {}, 0],
    ["another host", { host: "elsewhere", pid: noPid }, day - 60_000],
    ["a hidden process of a container", { pidNamespace: "pid:[1]", pid: noPid }, 0],
    ["nobody readable, just now", { id: 7 }, 0],
  ])("respects the lock of %s", async (_, changes, age) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "lock");
    await plant(file, changes, age);
    expect(await failureOf(withFileLock(file, async () => "ran", { timeoutMs: 30 }))).toMatchObject({
      code: "STORE_UNUSABLE",
    });
  });

  it("takes over from one that died while taking over, and clears what was left long ago", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "lock");
    await plant(file, { pid: noPid });
    await plant(`${file}.abc.0`, { pid: noPid, id: "def" });
    await plant(`${file}.0123`, { pid: noPid, id: "0123" }, 2 * day);
    await plant(`${file}.4567`, { pid: noPid, id: "4567" });
    expect(await withFileLock(file, async () => "ran", { timeoutMs: 1000 })).toBe("ran");
    expect(await readdir(folder.path)).toEqual(["lock.4567"]);
  });

  it("leaves a stale lock to the live process that is taking it over", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "lock");
    await plant(file, { pid: noPid });
    await plant(`${file}.abc.0`, { id: "def" });
    expect(await failureOf(withFileLock(file, async () => "ran", { timeoutMs: 30 }))).toMatchObject({
      code: "STORE_UNUSABLE",
    });
  });

  it("does not free a lock that another took over meanwhile", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "lock");
    await withFileLock(file, () => plant(file, {}));
    expect(await readdir(folder.path)).toEqual(["lock"]);
  });

  it("says that the folder cannot be used", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "file"), "");
    const action = withFileLock(join(folder.path, "file", "lock"), async () => "ran");
    expect(await failureOf(action)).toMatchObject({ code: "STORE_UNUSABLE" });
  });
});
