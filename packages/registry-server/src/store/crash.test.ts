import { type Digest, digestOf } from "@imagespec/oci";
import { describe, expect, test } from "vitest";
import type { Files } from "../storage/files.ts";
import { createMemoryFiles } from "../storage/memory-files.ts";
import { type BlobStore, createBlobStore } from "./blob-store.ts";
import { createContentLock } from "./content-lock.ts";
import { createManifestStore, type ManifestStore } from "./manifest-store.ts";
import { createUploadStore, type UploadStore } from "./upload-store.ts";

interface Stores {
  readonly blobs: BlobStore;
  readonly uploads: UploadStore;
  readonly manifests: ManifestStore;
}

function storesOf(files: Files): Stores {
  const lock = createContentLock();
  const blobs = createBlobStore(files, lock);
  return { blobs, uploads: createUploadStore(files, blobs), manifests: createManifestStore(files, lock) };
}

class Crash extends Error {}

/** Files that die before a change and stay dead. */
function dyingFiles(files: Files, changesBefore: number): Files {
  let left = changesBefore;
  const change = async <T>(operation: () => Promise<T>): Promise<T> => {
    if (left === 0) throw new Crash();
    left--;
    return operation();
  };
  return {
    ...files,
    write: (path, bytes) => change(() => files.write(path, bytes)),
    append: (path, offset, chunks, onChunk) => change(() => files.append(path, offset, chunks, onChunk)),
    truncate: (path, size) => change(() => files.truncate(path, size)),
    move: (from, to) => change(() => files.move(from, to)),
    remove: (path) => change(() => files.remove(path)),
  };
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const [first, second] = [text("first"), text("second")];
const [firstDigest, secondDigest, subject] = [digestOf(first), digestOf(second), digestOf("subject")];

function push(stores: Stores, bytes: Uint8Array, ...tags: readonly string[]): Promise<void> {
  const manifest = { digest: digestOf(bytes), mediaType: "application/json", bytes, subject, check: () => {} };
  return stores.manifests.write("a", { ...manifest, tags });
}

interface State {
  readonly tag: Digest | undefined;
  readonly tags: readonly string[];
  readonly referrers: readonly Digest[];
}

async function stateOf(stores: Stores): Promise<State> {
  for (const digest of [firstDigest, secondDigest]) {
    const found = await stores.manifests.read("a", digest);
    if (found !== undefined) expect(digestOf(found.bytes)).toBe(digest);
  }
  return {
    tag: await stores.manifests.resolveTag("a", "v1"),
    tags: await stores.manifests.tags("a"),
    referrers: await stores.manifests.referrers("a", subject),
  };
}

/** Runs a change, dead after every possible number of steps, and compares what a restart finds. */
async function atEveryStep(
  prepare: (stores: Stores) => Promise<unknown>,
  change: (stores: Stores) => Promise<unknown>,
  verify: (before: State, crashed: State, stores: Stores, done: boolean) => Promise<void>,
): Promise<number> {
  for (let steps = 0; ; steps++) {
    const files = createMemoryFiles();
    await prepare(storesOf(files));
    const before = await stateOf(storesOf(files));
    let done = true;
    try {
      await change(storesOf(dyingFiles(files, steps)));
    } catch (error) {
      expect(error).toBeInstanceOf(Crash);
      done = false;
    }
    const stores = storesOf(files);
    await verify(before, await stateOf(stores), stores, done);
    if (done) return steps;
  }
}

describe("a crash at any step of", () => {
  test("a push to a tag leaves the old or the new manifest there", async () => {
    const steps = await atEveryStep(
      (stores) => push(stores, first, "v1"),
      (stores) => push(stores, second, "v1"),
      async (before, crashed, _, done) => {
        expect(crashed.tag).toBe(done ? secondDigest : before.tag);
        expect(crashed.tags).toEqual(["v1"]);
      },
    );
    expect(steps).toBeGreaterThanOrEqual(3);
  });

  test("a delete leaves the manifest and all its tags, or none of them, even after another push", async () => {
    const steps = await atEveryStep(
      (stores) => push(stores, first, "v1", "V1", "v2"),
      (stores) => stores.manifests.remove("a", firstDigest, subject),
      async (before, crashed, stores, done) => {
        const gone = { tag: undefined, tags: [], referrers: [] };
        expect([before, gone]).toContainEqual(crashed);
        if (done) expect(crashed).toEqual(gone);
        await push(stores, first);
        expect((await stateOf(stores)).tags).toEqual(crashed.tags);
      },
    );
    expect(steps).toBeGreaterThanOrEqual(4);
  });

  test("an upload leaves the upload or the blob", async () => {
    let id = "";
    const steps = await atEveryStep(
      async ({ uploads }) => {
        id = await uploads.create("a", "sha256");
        const chunks = (async function* () {
          yield first;
        })();
        await uploads.append("a", id, { chunks, abort: () => {} });
      },
      ({ uploads }) => uploads.commit("a", id, firstDigest),
      async (_before, _crashed, { blobs, uploads }, done) => {
        const size = await blobs.size("a", firstDigest);
        expect(size).toBe(done ? first.length : undefined);
        // What the client does next: it goes on with its upload, or pushes anew.
        if (!done && (await uploads.size("a", id)) !== undefined) {
          expect(await uploads.commit("a", id, firstDigest)).toBe(true);
          expect(await blobs.size("a", firstDigest)).toBe(first.length);
        }
      },
    );
    expect(steps).toBe(2);
  });
});
