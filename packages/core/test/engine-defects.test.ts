import { describe, expect, it } from "vitest";
import { BuilderRegistry, ImageSpec, resolveImageSpec } from "../src/index.ts";
import { failureOf } from "../src/testing/failure-of.ts";
import { fakeBuilder } from "../src/testing/fake-builder.ts";
import { testBench } from "../src/testing/test-bench.ts";

// Behaviour of flytekit's ImageSpec that must not come back; the numbers are those of the survey in docs/decisions.

describe("3.9 the builder is chosen when the image is built, not when the spec is made", () => {
  it("sees a plugin that is imported later", async () => {
    await using bench = await testBench();
    const registry = new BuilderRegistry();
    const spec = new ImageSpec({ name: "acme/train" });
    const engine = bench.engine([], { registry, builders: undefined });
    registry.register(fakeBuilder({ name: "later" }).builder);
    expect((await engine.build(spec)).builder).toBe("later");
  });

  it("does not let the order of registration decide between equal priorities", async () => {
    for (const order of [
      ["a", "b"],
      ["b", "a"],
    ]) {
      const registry = new BuilderRegistry();
      for (const name of order) registry.register(fakeBuilder({ name }).builder);
      expect(registry.list().map(({ name }) => name)).toEqual(["a", "b"]);
    }
  });

  it("names the installed builders when one is unknown", async () => {
    await using bench = await testBench();
    const engine = bench.engine([fakeBuilder({ name: "installed" }).builder]);
    const error = await failureOf(engine.build(new ImageSpec({ builder: "other" })));
    expect(error).toMatchObject({ code: "BUILDER_NOT_FOUND", details: { registered: ["installed"] } });
  });
});

describe("3.10 what a build comes to is its result, nothing is kept in the process", () => {
  it("gives a second process the same reference and digest as the one that built", async () => {
    await using bench = await testBench();
    const spec = new ImageSpec({ name: "acme/train", packages: ["six"] });
    const first = await bench.engine([fakeBuilder().builder]).build(spec, { registry: bench.registry });
    const second = await bench.engine([]).build(spec, { registry: bench.registry });
    expect([second.reference, second.digest]).toEqual([first.reference, first.digest]);
  });

  it("does not remember that an image existed", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const spec = new ImageSpec({ name: "acme/train", packages: ["six"] });
    const fake = fakeBuilder();
    const engine = bench.engine([fake.builder]);
    const { digest } = await engine.build(spec, { registry });
    await bench.client.repository({ registry, repository: "acme/train" }).deleteManifest(digest!);
    expect(await engine.build(spec, { registry })).toMatchObject({ action: "built" });
  });

  it("returns errors of concurrent builds to each caller, and tries again afterwards", async () => {
    await using bench = await testBench();
    let fails = true;
    const fake = fakeBuilder({
      during: () => {
        if (fails) throw new Error("first time");
      },
    });
    const engine = bench.engine([fake.builder]);
    const spec = new ImageSpec({ name: "acme/train" });
    const errors = await Promise.all([failureOf(engine.build(spec)), failureOf(engine.build(spec))]);
    expect(errors.map(({ code }) => code)).toEqual(["BUILD_FAILED", "BUILD_FAILED"]);
    fails = false;
    expect((await engine.build(spec)).action).toBe("built");
  });
});

describe("3.11 unknown existence is no answer", () => {
  const auth = { users: { anna: "secret" }, scheme: "token", anonymousPull: false } as const;
  const spec = new ImageSpec({ name: "acme/train", packages: ["six"] });

  it("is never taken for yes unless the caller says so", async () => {
    await using bench = await testBench({ auth });
    const error = await failureOf(bench.engine([fakeBuilder().builder]).build(spec, { registry: bench.registry }));
    expect(error.code).toBe("EXISTENCE_UNKNOWN");
  });

  it("does not make force be ignored", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const fake = fakeBuilder();
    // A registry that takes pushes and answers every question for a manifest by 403.
    const { client } = bench;
    const asking = Object.assign(Object.create(client) as typeof client, {
      probe: async () => {
        const { ImageSpecError } = await import("@imagespec/errors");
        const error = new ImageSpecError("REGISTRY_DENIED", "no");
        return { state: "unknown" as const, reason: "no", error };
      },
      repository: client.repository.bind(client),
      checkPush: client.checkPush.bind(client),
    });
    const engine = bench.engine([fake.builder], { registryClient: asking });
    expect((await failureOf(engine.build(spec, { registry }))).code).toBe("EXISTENCE_UNKNOWN");
    expect(await engine.build(spec, { registry, force: true, existence: "assume" })).toMatchObject({ action: "built" });
    expect(await engine.build(spec, { registry, existence: "build" })).toMatchObject({ action: "built" });
    expect(fake.calls).toHaveLength(2);
  });
});

describe("3.14 force belongs to the build, not to the spec", () => {
  it("survives every with", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const fake = fakeBuilder();
    const engine = bench.engine([fake.builder]);
    const spec = new ImageSpec({ name: "acme/train" }).withPackages("six").withEnv({ A: "1" });
    await engine.build(spec, { registry });
    const forced = { registry, force: true };
    for (const changed of [spec, spec.with({}), spec.withPackages([]), spec.withLabels({})]) {
      expect(await engine.build(changed, forced)).toMatchObject({ action: "built" });
    }
    expect(fake.calls).toHaveLength(5);
  });
});

describe("3.15 what a builder does not support is refused by field, never ignored", () => {
  it("names the field and who could do it", async () => {
    await using bench = await testBench();
    const engine = bench.engine([
      fakeBuilder({ name: "plain", priority: 90, without: ["cuda", "conda-packages"] }).builder,
      fakeBuilder({ name: "gpu", without: ["conda-packages"] }).builder,
    ]);
    const spec = new ImageSpec({ name: "acme/train", cuda: "12.4", condaPackages: ["mkl"] });
    const error = await failureOf(engine.build(spec));
    expect(error.problems.map(({ path, hint }) => [path, hint])).toEqual([
      ["condaPackages[0]", 'install a builder with the capability "conda-packages"'],
      ["cuda", 'let "gpu" build it, which can'],
      ["condaPackages[0]", 'install a builder with the capability "conda-packages"'],
    ]);
  });
});

describe("specs that are resolved already", () => {
  const spec = new ImageSpec({
    name: "acme/train",
    baseImage: new ImageSpec({ name: "acme/base" }),
    packages: ["six"],
  });

  it("can be sent elsewhere with their base, and not be changed", async () => {
    await using bench = await testBench();
    const fake = fakeBuilder();
    const engine = bench.engine([fake.builder]);
    const resolved = await resolveImageSpec(spec);
    const built = await engine.build(resolved, { registry: bench.registry, name: "acme/other" });
    expect(built).toMatchObject({
      reference: `${bench.registry}/acme/other:${resolved.tag}`,
      fingerprint: resolved.fingerprint,
    });
    expect(fake.calls.map(({ request }) => request.output)).toMatchObject([
      { registry: bench.registry, repository: "acme/base" },
      { registry: bench.registry, repository: "acme/other" },
    ]);
    expect((await engine.build(resolved, { registry: bench.registry, builder: "fake" })).action).toBe("built");
    const changes = [{ platform: "linux/arm64" }, { tagFormat: "x" }, { builderOptions: { a: 1 } }, { root: "/" }];
    for (const change of changes) expect((await failureOf(engine.build(resolved, change))).code).toBe("SPEC_CONFLICT");
  });

  it("are told from plain objects", async () => {
    await using bench = await testBench();
    const error = await failureOf(bench.engine([]).build({ packages: ["six"] } as never));
    expect(error).toMatchObject({ code: "SPEC_TYPE", hint: "write engine.build(new ImageSpec({ … }))" });
  });
});
