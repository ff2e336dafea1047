import { parseImageManifest } from "@imagespec/oci";
import { describe, expect, it } from "vitest";
import { ImageSpec } from "../src/index.ts";
import { failureOf } from "../src/testing/failure-of.ts";
import { fakeBuilder } from "../src/testing/fake-builder.ts";
import { testBench } from "../src/testing/test-bench.ts";

const base = new ImageSpec({ name: "acme/base", packages: ["six"] });
const child = new ImageSpec({ name: "acme/train", baseImage: base, packages: ["seven"] });

describe("bases that are specs", () => {
  it("are built first, into the child's registry, and what stands on them mounts their layers", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const fake = fakeBuilder();
    const built = await bench.engine([fake.builder]).build(child, { registry });
    expect(fake.calls.map(({ spec }) => spec.name)).toEqual(["acme/base", "acme/train"]);
    expect(fake.calls[0]?.request.output).toMatchObject({ kind: "registry", repository: "acme/base" });
    const repository = bench.client.repository({ registry, repository: "acme/train" });
    expect(parseImageManifest((await repository.getManifest({ tag: built.tag })).bytes).layers).toHaveLength(2);
    expect(bench.requests.filter((request) => request.includes("mount="))).toHaveLength(1);
    expect(await bench.engine([]).build(base, { registry })).toMatchObject({ action: "exists" });
  });

  it("are not looked at when the child exists", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    await bench.engine([fakeBuilder().builder]).build(child, { registry });
    bench.requests.length = 0;
    await bench.engine([]).build(child, { registry });
    expect(bench.requests.filter((request) => request.includes("acme/base"))).toEqual([]);
  });

  it("are built once for several children, and reused although a child is forced", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const fake = fakeBuilder();
    const engine = bench.engine([fake.builder]);
    const children = [child, child.with({ name: "acme/other", packages: ["eight"] }), child.withPackages("nine")];
    await engine.buildAll(children, { registry });
    expect(fake.calls.filter(({ spec }) => spec.name === "acme/base")).toHaveLength(1);
    await engine.build(child, { registry, force: true });
    expect(fake.calls.filter(({ spec }) => spec.name === "acme/base")).toHaveLength(1);
  });

  it("never inherit the child's builder", async () => {
    await using bench = await testBench();
    const special = fakeBuilder({ name: "special", priority: 1, without: ["debian-base"] });
    const usual = fakeBuilder({ name: "usual", priority: 90 });
    const spec = child.with({ builder: "special" });
    await bench.engine([special.builder, usual.builder]).build(spec, { registry: bench.registry });
    expect(usual.calls.map((call) => call.spec.name)).toEqual(["acme/base"]);
    expect(special.calls.map((call) => call.spec.name)).toEqual(["acme/train"]);
  });

  it("may stand on bases themselves, on Debian, and on several platforms", async () => {
    await using bench = await testBench();
    const fake = fakeBuilder();
    const debian = new ImageSpec({
      name: "acme/os",
      baseImage: { debian: "trixie" },
      pythonVersion: "3.13",
      packages: ["six"],
    });
    const spec = new ImageSpec({
      name: "acme/top",
      baseImage: debian,
      packages: ["seven"],
      platform: ["linux/amd64", "linux/arm64"],
    });
    const built = await bench.engine([fake.builder]).build(spec);
    expect(built).toMatchObject({ action: "built", platforms: ["linux/amd64", "linux/arm64"], layers: { total: 4 } });
    const kinds = fake.calls.map((call) => `${call.spec.name} ${call.spec.resolvedBase.kind} ${call.spec.platforms}`);
    expect([kinds.slice(0, 2), kinds.slice(2, 4), kinds.slice(4)].flatMap((pair) => pair.sort())).toEqual([
      "acme/os-base debian linux/amd64",
      "acme/os-base debian linux/arm64",
      "acme/os image linux/amd64",
      "acme/os image linux/arm64",
      "acme/top image linux/amd64",
      "acme/top image linux/arm64",
    ]);
  });

  it("are built only for the platform that is missing", async () => {
    await using bench = await testBench();
    const fake = fakeBuilder();
    const engine = bench.engine([fake.builder]);
    await engine.build(child, { registry: bench.registry });
    await engine.build(child.withPlatforms("linux/amd64", "linux/arm64"), { registry: bench.registry });
    expect(fake.calls.map((call) => `${call.spec.name} ${call.spec.platforms}`)).toEqual([
      "acme/base linux/amd64",
      "acme/train linux/amd64",
      "acme/base linux/arm64",
      "acme/train linux/arm64",
    ]);
  });

  it("fail the child with their own error", async () => {
    await using bench = await testBench();
    const fake = fakeBuilder({
      during: (spec) => {
        if (spec.name === "acme/base") throw new Error("the base is broken");
      },
    });
    const error = await failureOf(bench.engine([fake.builder]).build(child, { registry: bench.registry }));
    expect(error.message).toContain("the base is broken");
    expect(fake.calls).toHaveLength(1);
  });
});

describe("bases by reference", () => {
  it("are opened once for all platforms, and missing ones are told apart", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const engine = bench.engine([fakeBuilder().builder]);
    const both = ["linux/amd64", "linux/arm64"];
    const { tag } = await engine.build(base.withPlatforms(...both), { registry });
    const opened: unknown[] = [];
    const opening = fakeBuilder({
      during: async (_spec, request) => {
        opened.push(await request.base());
      },
    });
    const on = (reference: string) => new ImageSpec({ name: "acme/train", baseImage: reference, platform: both });
    const engineTwo = bench.engine([opening.builder]);
    bench.requests.length = 0;
    await engineTwo.build(on(`${registry}/acme/base:${tag}`), { registry });
    expect(opened).toHaveLength(2);
    for (const architecture of ["amd64", "arm64"]) {
      const repository = { registry, repository: "acme/base" };
      const manifest = expect.objectContaining({ platform: { os: "linux", architecture } });
      expect(opened).toContainEqual(expect.objectContaining({ repository, manifest }));
    }
    expect(bench.requests.filter((request) => request.includes(`base/manifests/${tag}`))).toHaveLength(1);
    expect(await failureOf(engineTwo.build(on(`${registry}/acme/base:missing`), { registry }))).toMatchObject({
      code: "BASE_NOT_FOUND",
    });
    const other = on(`${registry}/acme/base:${tag}`).withPlatforms("linux/s390x");
    const error = await failureOf(engineTwo.build(other, { registry }));
    expect(error).toMatchObject({ code: "BASE_NOT_FOUND", details: { platforms: both } });
  });

  it("may be layouts on disk", async () => {
    await using bench = await testBench();
    const fake = fakeBuilder();
    const engine = bench.engine([fake.builder]);
    const output = { kind: "oci-layout", path: `${bench.folder}/layout` } as const;
    await engine.build(base, { output });
    const spec = new ImageSpec({ name: "acme/train", baseImage: "oci-layout:layout", packages: ["seven"] });
    const built = await engine.build(spec, { registry: bench.registry, root: bench.folder });
    expect(built.layers.total).toBe(2);
  });
});
