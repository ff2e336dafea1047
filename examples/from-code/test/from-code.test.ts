import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { parseImageReference } from "@imagespec/oci";
import { RegistryClient } from "@imagespec/registry-client";
import { startRegistryServer } from "@imagespec/registry-server";
import { checkImageContract, validateImage } from "@imagespec/test-support";
import { expect, test } from "vitest";

const run = promisify(execFile);
const example = path.dirname(import.meta.dirname);

test("it builds both images and finds them again", async () => {
  const cache = await mkdtemp(path.join(tmpdir(), "from-code-"));
  await using registry = await startRegistryServer();
  await using client = new RegistryClient();
  try {
    const build = () =>
      run(process.execPath, ["build.mjs"], {
        cwd: example,
        env: { ...process.env, REGISTRY: registry.address, IMAGESPEC_CACHE_DIR: cache },
      });
    const first = await build();
    const [reference = "", digest = ""] = first.stdout.trim().split(" ");
    expect(reference).toMatch(/\/acme\/train:u1-[a-z2-7]{16}$/);
    expect(digest).toMatch(/^sha256:/);
    expect((await build()).stdout).toBe(first.stdout);

    const repository = client.repository(parseImageReference(reference));
    const manifest = await repository.headManifest({ tag: reference.split(":").at(-1) ?? "" });
    expect(manifest?.digest).toBe(digest);
    const image = { digest: manifest?.digest ?? ("" as never) };
    expect(await validateImage(repository, image)).toEqual([]);
    expect(await checkImageContract(repository, image, { env: { MODEL: "small" } })).toEqual([]);
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
});
