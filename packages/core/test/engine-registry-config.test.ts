import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRegistryServer } from "@imagespec/registry-server";
import { expect, it } from "vitest";
import { ImageSpec } from "../src/index.ts";
import { fakeBuilder } from "../src/testing/fake-builder.ts";
import { testBench } from "../src/testing/test-bench.ts";

it("takes credentials from the docker config file that the spec names, relative to its root, and from nowhere else", async () => {
  await using bench = await testBench();
  await using registry = await startRegistryServer({ auth: { users: { ada: "password-of-ada" } } });
  const root = await mkdtemp(join(tmpdir(), "registry-config-"));
  try {
    const auth = Buffer.from("ada:password-of-ada").toString("base64");
    await writeFile(join(root, "docker.json"), JSON.stringify({ auths: { [registry.address]: { auth } } }));
    const spec = new ImageSpec({ name: "acme/train", registry: registry.address });
    const engine = bench.engine([fakeBuilder().builder]);
    await expect(engine.build(spec, { root, existence: "build" })).rejects.toMatchObject({ code: "REGISTRY_AUTH" });
    const image = await engine.build(spec.with({ registryConfig: "docker.json" }), { root });
    expect(image.action).toBe("built");
    await engine.close();
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
