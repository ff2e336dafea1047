import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Descriptor, mediaTypes } from "@imagespec/oci";
import { startRegistryServer } from "@imagespec/registry-server";
import { expect, test } from "vitest";
import { testClient } from "../src/testing/test-client.ts";

const size = 300 * 1024 * 1024;
const limit = 120 * 1024 * 1024;

/** 300 MiB that no chunk repeats, without holding them. */
async function* generated(): AsyncGenerator<Uint8Array> {
  const piece = 256 * 1024;
  for (let i = 0; i < size / piece; i++) {
    const chunk = Buffer.alloc(piece, i % 251);
    chunk.writeUInt32BE(i);
    yield chunk;
  }
}

test("300 MiB go to a registry and come back in bounded memory", async () => {
  const root = await mkdtemp(join(tmpdir(), "imagespec-memory-"));
  const server = await startRegistryServer({ root });
  try {
    await using client = testClient({ timeoutMs: 60_000 });
    const repository = client.repository({ registry: server.address, repository: "a" });
    const hash = createHash("sha256");
    for await (const chunk of generated()) hash.update(chunk);
    const descriptor: Descriptor = { mediaType: mediaTypes.ociLayer, digest: `sha256:${hash.digest("hex")}`, size };

    const before = process.memoryUsage().rss;
    let most = before;
    const sample = (): void => {
      most = Math.max(most, process.memoryUsage().rss);
    };
    let told = 0;
    const timer = setInterval(sample, 20);
    await repository.writeBlob(descriptor, generated, {
      onProgress: (bytes) => {
        told = bytes;
      },
    });
    let read = 0;
    for await (const chunk of await repository.openBlob(descriptor)) read += chunk.length;
    clearInterval(timer);
    sample();
    expect([told, read]).toEqual([size, size]);
    // The registry runs in this process too.
    expect(most - before).toBeLessThan(limit);
  } finally {
    await server.close();
    await rm(root, { recursive: true });
  }
});
