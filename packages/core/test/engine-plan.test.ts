import { access, readdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { decline, ImageSpec } from "../src/index.ts";
import { fakeBuilder } from "../src/testing/fake-builder.ts";
import { testBench } from "../src/testing/test-bench.ts";

const base = new ImageSpec({ name: "acme/base", packages: ["six"] });
const spec = new ImageSpec({ name: "acme/train", baseImage: base, packages: ["seven"] });

describe("plan", () => {
  it("lists bases first, says who would build what and why, and writes nothing", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const fake = fakeBuilder();
    const picky = fakeBuilder({ name: "picky", priority: 90, shouldBuild: () => decline("packages[0]", "not mine") });
    const engine = bench.engine([fake.builder, picky.builder]);
    const plan = await engine.plan(spec, { registry });
    expect(
      plan.images.map(({ name, action, builder, isBase, missing }) => ({ name, action, builder, isBase, missing })),
    ).toEqual([
      { name: "acme/base", action: "build", builder: "fake", isBase: true, missing: ["linux/amd64"] },
      { name: "acme/train", action: "build", builder: "fake", isBase: false, missing: ["linux/amd64"] },
    ]);
    const [, child] = plan.images;
    expect(child?.verdicts.map(({ builder, verdict }) => `${builder} ${verdict.action}`)).toEqual([
      "picky decline",
      "fake build",
    ]);
    expect(child?.floating).toEqual(["baseImage", "packages"]);
    expect(child?.hints[0]).toMatch(/^run "imagespec lock"/);
    expect(JSON.parse(JSON.stringify(plan))).toMatchObject({
      images: [{ name: "acme/base" }, { reference: child?.reference }],
    });
    expect(fake.calls).toEqual([]);
    expect(bench.requests.filter((request) => !/^(GET|HEAD) /.test(request))).toEqual([]);
    const built = await engine.build(spec, { registry });
    expect(built).toMatchObject({ reference: child?.reference, fingerprint: child?.fingerprint, tag: child?.tag });
  });

  it("tells what exists, what would be joined and what is blocked", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const engine = bench.engine([fakeBuilder({ without: ["commands"] }).builder]);
    const actions = async (planned: ImageSpec, options = {}) =>
      (await engine.plan(planned, { registry, ...options })).images.map(({ name, action }) => `${name} ${action}`);
    await engine.build(spec, { registry });
    expect(await actions(spec)).toEqual(["acme/train exists"]);
    expect(await actions(spec, { force: true })).toEqual(["acme/base exists", "acme/train build"]);
    await engine.build(spec.withPlatforms("linux/arm64"), { registry });
    expect(await actions(spec.withPlatforms("linux/arm64", "linux/amd64"))).toEqual(["acme/train join"]);
    const blocked = await engine.plan(spec.withCommands("make"), { registry });
    expect(blocked.images.at(-1)).toMatchObject({
      action: "blocked",
      problem: { code: "NO_BUILDER", problems: [{ path: "commands[0]" }] },
    });
    expect(
      (await engine.plan(spec.with({ builder: "none", packages: ["x"] }), { registry })).images.at(-1),
    ).toMatchObject({
      action: "blocked",
      problem: { code: "BUILDER_NOT_FOUND" },
    });
    await bench.stopRegistry();
    expect(await actions(spec)).toEqual(["acme/train blocked"]);
    expect(await actions(spec, { existence: "assume" })).toEqual(["acme/train exists"]);
  });

  it("does not even create the local store", async () => {
    await using bench = await testBench();
    const engine = bench.engine([fakeBuilder().builder]);
    const output = { kind: "oci-layout", path: `${bench.folder}/layout` } as const;
    await engine.plan([spec, { spec: base, options: { output } }]);
    await engine.explain(spec);
    expect(await readdir(bench.folder)).toEqual([]);
    await expect(access(bench.cacheFolder)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("names tags that do not follow the content, and platforms this machine cannot run", async () => {
    await using bench = await testBench();
    const engine = bench.engine([fakeBuilder().builder]);
    const { images } = await engine.plan(base.withPlatforms("linux/s390x"), { tagFormat: "latest" });
    expect(images[0]?.hints).toEqual([
      expect.stringContaining('the tag "latest" does not follow the content'),
      expect.stringContaining("imagespec lock"),
      expect.stringContaining("add platform"),
    ]);
  });

  it("shows a base that two images share once", async () => {
    await using bench = await testBench();
    const engine = bench.engine([fakeBuilder().builder]);
    const { images } = await engine.plan([spec, spec.withPackages("eight"), base], { registry: bench.registry });
    expect(images.map(({ name }) => name)).toEqual(["acme/base", "acme/train", "acme/train"]);
  });
});
