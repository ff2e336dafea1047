import { digestOf } from "@imagespec/oci";
import { expect, test } from "vitest";
import { releaseUnreferenced } from "../collect-garbage.ts";
import { createMemoryFiles } from "../storage/memory-files.ts";
import { createBlobStore } from "./blob-store.ts";
import { createContentLock } from "./content-lock.ts";
import { createManifestStore } from "./manifest-store.ts";

const bytes = new TextEncoder().encode("content");
const digest = digestOf(bytes);

test("sharers overlap, one that is alone waits for them and lets later ones wait", async () => {
  const lock = createContentLock();
  const events: string[] = [];
  let finishFirst = (): void => {};
  const first = new Promise<void>((resolve) => {
    finishFirst = resolve;
  });
  const shared = (name: string, until: Promise<void>): Promise<void> =>
    lock.shared(async () => {
      events.push(`${name} starts`);
      await until;
      events.push(`${name} ends`);
    });
  const running = [shared("a", first), shared("b", Promise.resolve())];
  running.push(lock.alone(async () => void events.push("alone")));
  running.push(shared("c", Promise.resolve()));
  await running[1];
  expect(events).toEqual(["a starts", "b starts", "b ends"]);
  finishFirst();
  await Promise.all(running);
  expect(events.slice(3)).toEqual(["a ends", "alone", "c starts", "c ends"]);
});

test("a failure lets the others go on", async () => {
  const lock = createContentLock();
  const fail = async (): Promise<void> => Promise.reject(new Error("broken"));
  await expect(lock.shared(fail)).rejects.toThrow("broken");
  await expect(lock.alone(fail)).rejects.toThrow("broken");
  expect(await lock.shared(async () => 1)).toBe(1);
});

test("content is not released between its arrival and its link", async () => {
  for (let delay = 0; delay < 40; delay++) {
    const files = createMemoryFiles();
    const lock = createContentLock();
    const blobs = createBlobStore(files, lock);
    const manifests = createManifestStore(files, lock);
    const release = async (): Promise<void> => {
      for (let turn = 0; turn < delay; turn++) await Promise.resolve();
      await lock.alone(() => releaseUnreferenced(files));
    };
    await files.write("partial/x", bytes);
    await Promise.all([blobs.adopt("a", digest, "partial/x"), release()]);
    expect(await blobs.size("a", digest)).toBe(bytes.length);

    await Promise.all([blobs.mount("b", digest, "a"), blobs.remove("a", digest), release()]);
    expect(await blobs.size("b", digest)).toBe(bytes.length);

    const manifest = { digest: digestOf("m"), mediaType: "application/json", bytes: Buffer.from("m") };
    const write = manifests.write("c", { ...manifest, subject: undefined, tags: ["v1"], check: () => {} });
    await Promise.all([write, release()]);
    expect(await manifests.read("c", manifest.digest)).toBeDefined();
    await blobs.remove("b", digest);
    await release();
    expect(await files.list("blobs/sha256")).toHaveLength(1);
  }
});
