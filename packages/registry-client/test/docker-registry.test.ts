import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { encodeManifest, mediaTypes, parsePlatform } from "@imagespec/oci";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyImage } from "../src/copy/copy-image.ts";
import { MemoryMedium } from "../src/testing/memory-medium.ts";
import { addSampleImage, addSampleIndex } from "../src/testing/sample-image.ts";
import { rejection, testClient } from "../src/testing/test-client.ts";

const installed = await promisify(execFile)("docker-registry", ["--version"]).then(
  () => true,
  () => false,
);

/** The registry that most others descend from, of before the referrers API. */
describe.skipIf(!installed)("distribution 2.8 (docker-registry is installed)", () => {
  let folder: string;
  let child: ChildProcess;
  let registry: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "imagespec-distribution-"));
    const config = {
      version: 0.1,
      storage: { filesystem: { rootdirectory: folder }, delete: { enabled: true } },
      http: { addr: "127.0.0.1:0" },
    };
    // JSON is YAML.
    await writeFile(join(folder, "config.yml"), JSON.stringify(config));
    child = spawn("docker-registry", ["serve", join(folder, "config.yml")], { stdio: ["ignore", "ignore", "pipe"] });
    for await (const line of createInterface({ input: child.stderr! })) {
      const [, address] = /listening on (127\.0\.0\.1:\d+)/.exec(line) ?? [];
      if (address === undefined) continue;
      registry = address;
      break;
    }
    child.stderr!.resume();
  });
  afterAll(async () => {
    child.kill();
    await rm(folder, { recursive: true });
  });

  test("takes an index, mounts its blobs, lists referrers by the tag, deletes", async () => {
    await using client = testClient();
    const source = new MemoryMedium();
    const images = ["linux/amd64", "linux/arm64"].map((platform) =>
      addSampleImage(source, parsePlatform(platform), [randomBytes(500_000), platform]),
    );
    addSampleIndex(source, images, "v1");
    const first = client.repository({ registry, repository: "acme/base" });
    const second = client.repository({ registry, repository: "acme/train" });
    await client.checkPush({ registry, repository: "acme/base" });
    const pushed = await copyImage(source, { tag: "v1" }, first, { tag: "v1" });
    expect(pushed.blobsSent).toBe(6);
    expect(await copyImage(first, { tag: "v1" }, second, { tag: "v1" })).toMatchObject({
      blobsSent: 0,
      blobsReused: 6,
    });
    const back = new MemoryMedium();
    await copyImage(second, { tag: "v1" }, back);
    expect(new Set(back.blobs.keys())).toEqual(new Set(source.blobs.keys()));

    const subject = pushed.descriptor;
    const config = source.addBlob("{}", mediaTypes.ociConfig);
    await second.writeBlob(config, () => source.openBlob(config));
    const referrer = encodeManifest({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config,
      layers: [],
      subject,
    });
    await second.pushReferrer(referrer.bytes, referrer.descriptor.mediaType);
    const artifactType = mediaTypes.ociConfig;
    expect(await second.referrers(subject.digest)).toEqual([{ ...referrer.descriptor, artifactType }]);
    await second.deleteManifest(referrer.descriptor.digest);
    expect(await second.referrers(subject.digest)).toEqual([]);

    expect((await second.tags()).filter((tag) => !tag.startsWith("sha256-"))).toEqual(["v1"]);
    await second.deleteManifest(subject.digest);
    expect(await client.probe({ registry, repository: "acme/train", tag: "v1" })).toEqual({ state: "absent" });
    expect((await rejection(client.tags({ registry, repository: "acme/none" }))).code).toBe("REGISTRY_NOT_FOUND");
  });
});
