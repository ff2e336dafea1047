import { join } from "node:path";
import { ImageSpecError } from "@imagespec/errors";
import type { RegistryClient, Repository, RepositoryReference } from "@imagespec/registry-client";
import { describe, expect, it } from "vitest";
import { type BuildEvent, ImageSpec } from "../src/index.ts";
import { failureOf } from "../src/testing/failure-of.ts";
import { fakeBuilder } from "../src/testing/fake-builder.ts";
import { testBench } from "../src/testing/test-bench.ts";

const spec = new ImageSpec({ name: "acme/train", packages: ["six"] });

/** What registries with immutable tags do. */
function withImmutableTags(client: RegistryClient): RegistryClient {
  const repositoryOf = (reference: RepositoryReference): Repository => {
    const repository = client.repository(reference);
    return overridden(repository, {
      async writeManifest(bytes: Uint8Array, mediaType: string, options: { readonly tag?: string } = {}) {
        if (options.tag !== undefined && (await repository.headManifest({ tag: options.tag })) !== undefined)
          throw new ImageSpecError("REGISTRY_ERROR", `the tag "${options.tag}" may not move`);
        return repository.writeManifest(bytes, mediaType, options);
      },
    });
  };
  return overridden(client, { repository: repositoryOf });
}

function overridden<T extends object>(object: T, own: object): T {
  return new Proxy(object, {
    get(target, key) {
      if (Object.hasOwn(own, key)) return Reflect.get(own, key);
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describe("existence in a registry", () => {
  it("builds once and finds the image afterwards, without asking any builder", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const fake = fakeBuilder();
    const built = await bench.engine([fake.builder]).build(spec, { registry });
    expect(built).toMatchObject({
      reference: `${registry}/acme/train:${built.tag}`,
      name: "acme/train",
      action: "built",
      builder: "fake",
      platforms: ["linux/amd64"],
      layers: { built: 1, reused: 0, total: 1 },
      bytes: { uploaded: 10 },
    });
    expect(built.tag).toMatch(/^u1-[a-z2-7]{16}$/);
    expect(Object.keys(built.timings)).toEqual(["exists", "choose", "check output", "layers", "total"]);
    const asked = fake.asked.length;
    bench.requests.length = 0;
    const found = await bench.engine([fake.builder]).build(spec, { registry });
    expect(found).toMatchObject({ action: "exists", builder: "", digest: built.digest, reference: built.reference });
    expect(found.layers).toMatchObject({ built: 0, reused: 1, total: 1, size: built.layers.size });
    expect(fake.calls).toHaveLength(1);
    expect(fake.asked).toHaveLength(asked);
    // One question for the tag; the rest reads what is there.
    expect(bench.requests.filter((request) => request.includes(built.tag))).toHaveLength(1);
    expect(bench.requests.filter((request) => !/^(GET|HEAD) /.test(request))).toEqual([]);
  });

  it("answers exists() in all three values", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const engine = bench.engine([fakeBuilder().builder]);
    expect(await engine.exists(spec, { registry })).toEqual({ state: "absent" });
    const built = await engine.build(spec, { registry });
    expect(await engine.exists(spec, { registry })).toMatchObject({
      state: "present",
      verified: true,
      image: { reference: built.reference, digest: built.digest, fingerprint: built.fingerprint },
    });
    await bench.stopRegistry();
    expect(await engine.exists(spec, { registry })).toMatchObject({
      state: "unknown",
      error: { code: "REGISTRY_DOWN" },
    });
  });

  it("takes the image of whoever was faster where a tag may not move", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const registryClient = withImmutableTags(bench.client);
    const first = bench.engine([fakeBuilder({ user: "1000:1000" }).builder], { cacheFolder: join(bench.folder, "a") });
    let winner = "";
    const slow = fakeBuilder({
      during: async () => {
        winner = (await first.build(spec, { registry })).digest ?? "";
      },
    });
    const second = bench.engine([slow.builder], { cacheFolder: join(bench.folder, "b"), registryClient });
    const warnings: string[] = [];
    const onEvent = (event: BuildEvent) => void (event.type === "warning" && warnings.push(event.message));
    const image = await second.build(spec, { registry, onEvent });
    expect(slow.calls).toHaveLength(1);
    expect(image).toMatchObject({ action: "exists", digest: winner });
    expect(warnings).toEqual([expect.stringContaining("was made by somebody else meanwhile")]);
    // Who asks for a new image is not given an old one.
    await expect(second.build(spec, { registry, force: true })).rejects.toMatchObject({ code: "REGISTRY_ERROR" });
  });

  it("builds with force although the image exists", async () => {
    await using bench = await testBench();
    const fake = fakeBuilder();
    const engine = bench.engine([fake.builder]);
    await engine.build(spec, { registry: bench.registry });
    const forced = await engine.build(spec, { registry: bench.registry, force: true });
    expect(forced.action).toBe("built");
    expect(fake.calls).toHaveLength(2);
  });

  it("refuses a content tag that holds another image, and replaces it when forced", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const engine = bench.engine([fakeBuilder().builder]);
    const { tag, fingerprint } = await engine.build(spec, { registry });
    const target = { registry, repository: "acme/train" };
    const other = await engine.build(spec.withPackages("seven"), { registry });
    const repository = bench.client.repository(target);
    const moved = await repository.getManifest({ tag: other.tag });
    await repository.writeManifest(moved.bytes, moved.descriptor.mediaType, { tag });
    const error = await failureOf(engine.build(spec, { registry }));
    expect(error).toMatchObject({
      code: "TAG_MISMATCH",
      details: { digest: other.digest, fingerprint: other.fingerprint, expected: fingerprint },
    });
    expect(await engine.exists(spec, { registry })).toMatchObject({
      state: "mismatch",
      fingerprint: other.fingerprint,
    });
    await engine.build(spec, { registry, force: true });
    expect(await engine.exists(spec, { registry })).toMatchObject({ state: "present" });
  });

  it("takes an image without labels for a foreign one", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const engine = bench.engine([fakeBuilder().builder]);
    const { tag } = await engine.build(spec, { registry });
    const repository = bench.client.repository({ registry, repository: "acme/train" });
    const config = Buffer.from(
      JSON.stringify({ os: "linux", architecture: "amd64", rootfs: { type: "layers", diff_ids: [] } }),
    );
    const { digestOf, encodeManifest, mediaTypes } = await import("@imagespec/oci");
    const descriptor = { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.length };
    await repository.writeBlob(descriptor, async function* () {
      yield config;
    });
    const { bytes } = encodeManifest({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: descriptor,
      layers: [],
    });
    await repository.writeManifest(bytes, mediaTypes.ociManifest, { tag });
    const error = await failureOf(engine.build(spec, { registry }));
    expect(error.code).toBe("TAG_MISMATCH");
    expect(error.message).toContain('has no label "dev.imagespec.fingerprint"');
  });

  it("moves a constant tag whenever the content changes", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const engine = bench.engine([fakeBuilder().builder]);
    const options = { registry, tagFormat: "latest" };
    const first = await engine.build(spec, options);
    expect(first.tag).toBe("latest");
    expect(await engine.build(spec, options)).toMatchObject({ action: "exists", digest: first.digest });
    const second = await engine.build(spec.withPackages("seven"), options);
    expect(second).toMatchObject({ action: "built", tag: "latest" });
    expect(second.digest).not.toBe(first.digest);
    const own = await engine.build(spec, { registry, tag: { value: "stable" } });
    expect(own).toMatchObject({ tag: "stable", digest: first.digest });
  });

  it("keeps a placeholder in tagFormat a content tag", async () => {
    await using bench = await testBench();
    const built = await bench
      .engine([fakeBuilder().builder])
      .build(spec, { registry: bench.registry, tagFormat: "{fingerprint}-gpu" });
    expect(built.tag).toMatch(/^u1-[a-z2-7]{16}-gpu$/);
  });

  it("reuses a foreign tag by name and platforms when asked to", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const engine = bench.engine([fakeBuilder().builder]);
    const tag = { value: "hash-of-another-system", reuse: "tag-and-platforms" } as const;
    const first = await engine.build(spec, { registry, tag });
    const other = spec.withPackages("seven");
    expect(await engine.exists(other, { registry, tag })).toMatchObject({ state: "present", verified: false });
    expect(await engine.build(other, { registry, tag })).toMatchObject({ action: "exists", digest: first.digest });
    const { images } = await engine.plan(other, { registry, tag });
    expect(images[0]).toMatchObject({ action: "exists", tag: tag.value });
    expect(images[0]?.hints.join("\n")).toMatch(/reused when it has the platforms.*no fingerprint label/);
    expect(await engine.build(other.withPlatforms("linux/arm64"), { registry, tag })).toMatchObject({
      action: "built",
    });
  });
});

describe("unknown existence", () => {
  const auth = { users: { anna: "secret" } };

  it("fails by default and says what to do", async () => {
    await using bench = await testBench({ auth });
    const fake = fakeBuilder();
    const error = await failureOf(bench.engine([fake.builder]).build(spec, { registry: bench.registry }));
    expect(error).toMatchObject({ code: "EXISTENCE_UNKNOWN", origin: "registry", details: { code: "REGISTRY_AUTH" } });
    expect(error.hint).toMatch(/^log in/);
    expect(fake.calls).toHaveLength(0);
  });

  it("can be assumed, and the result says so", async () => {
    await using bench = await testBench({ auth });
    const fake = fakeBuilder();
    const engine = bench.engine([fake.builder], { defaults: { existence: "assume" } });
    expect(await engine.build(spec, { registry: bench.registry })).toMatchObject({
      action: "assumed",
      digest: undefined,
    });
    expect(fake.calls).toHaveLength(0);
  });

  it("goes on to build when asked to, and the check of the output tells that it may not be written", async () => {
    await using bench = await testBench({ auth });
    const fake = fakeBuilder();
    const error = await failureOf(
      bench.engine([fake.builder]).build(spec, { registry: bench.registry, existence: "build" }),
    );
    expect(error.code).toBe("REGISTRY_AUTH");
    expect(fake.calls).toHaveLength(0);
  });
});

describe("existence in other outputs", () => {
  it("uses the local store without a registry, and an OCI layout folder", async () => {
    await using bench = await testBench();
    const fake = fakeBuilder();
    const engine = bench.engine([fake.builder]);
    expect(await engine.exists(spec)).toEqual({ state: "absent" });
    const built = await engine.build(spec);
    expect(built).toMatchObject({ action: "built", reference: `acme/train:${built.tag}` });
    expect(await engine.build(spec)).toMatchObject({ action: "exists", digest: built.digest });
    const path = `${bench.folder}/layout`;
    const output = { kind: "oci-layout", path } as const;
    expect(await engine.exists(spec, { output })).toEqual({ state: "absent" });
    expect(await engine.build(spec, { output })).toMatchObject({
      action: "built",
      reference: path,
      digest: built.digest,
    });
    expect(await engine.build(spec, { output })).toMatchObject({ action: "exists" });
    expect(fake.calls).toHaveLength(2);
  });

  it("needs a name for a registry and says where to give it", async () => {
    await using bench = await testBench();
    const error = await failureOf(bench.engine([]).build(new ImageSpec(), { registry: bench.registry }));
    expect(error).toMatchObject({ code: "SPEC_VALUE", problems: [{ path: "name" }] });
    expect(await failureOf(bench.engine([]).build(spec, { output: "registry" }))).toMatchObject({
      problems: [{ path: "registry" }],
    });
  });
});
