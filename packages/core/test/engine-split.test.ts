import { parseImageConfig, parseImageManifest } from "@imagespec/oci";
import { describe, expect, it } from "vitest";
import { ImageSpec, resolveImageSpec } from "../src/index.ts";
import { failureOf } from "../src/testing/failure-of.ts";
import { type FakeBuilderOptions, fakeBuilder } from "../src/testing/fake-builder.ts";
import { type TestBench, testBench } from "../src/testing/test-bench.ts";

const spec = new ImageSpec({
  name: "acme/train",
  packages: ["six"],
  aptPackages: ["git"],
  commands: [{ run: "make", after: "system" }],
});

/** One that has no engine for system packages, and one that can do everything. */
function builders(system: FakeBuilderOptions = {}, plain: FakeBuilderOptions = {}) {
  const upper = fakeBuilder({ name: "plain", priority: 90, without: ["apt-packages", "commands", "cuda"], ...plain });
  const lower = fakeBuilder({ name: "heavy", priority: 50, ...system });
  return { upper, lower, all: [upper.builder, lower.builder] };
}

async function configOf(bench: TestBench, repository: string, tag: string) {
  const source = bench.client.repository({ registry: bench.registry, repository });
  const manifest = parseImageManifest((await source.getManifest({ tag })).bytes);
  const chunks: Uint8Array[] = [];
  for await (const chunk of await source.openBlob(manifest.config)) chunks.push(chunk);
  return { layers: manifest.layers.map(({ digest }) => digest), ...parseImageConfig(Buffer.concat(chunks)).config };
}

describe("a split build", () => {
  it("has two images: system packages by the one, the rest on top by the other", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const { upper, lower, all } = builders();
    const events: string[] = [];
    const built = await bench.engine(all).build(spec, {
      registry,
      systemBuilder: "heavy",
      onEvent: (event) => {
        if (event.type === "step" && event.state === "done") events.push(event.name);
      },
    });
    expect(built).toMatchObject({ action: "built", builder: "plain", name: "acme/train" });
    const [system] = lower.calls;
    expect(system?.spec).toMatchObject({
      part: "system",
      name: "acme/train-system",
      aptPackages: ["git"],
      commands: [{ run: "make" }],
      packages: [],
      resolvedBase: { kind: "reference" },
    });
    expect(system?.request.env).toEqual({});
    const [top] = upper.calls;
    expect(top?.spec).toMatchObject({ part: "whole", aptPackages: [], commands: [], packages: ["six"] });
    expect(events).toContain("base acme/train-system choose");

    const below = await configOf(bench, "acme/train-system", system?.spec.tag ?? "");
    const image = await configOf(bench, "acme/train", built.tag);
    expect(image.layers.slice(0, below.layers.length)).toEqual(below.layers);
    expect(image.layers).toHaveLength(below.layers.length + 1);
    expect(below.Labels?.["dev.imagespec.fingerprint"]).toBe(system?.spec.fingerprint);
  });

  it("gives fingerprint, tag and labels of the whole spec, whichever way it was made", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const resolved = await resolveImageSpec(spec);
    const { all, lower } = builders();
    const built = await bench.engine(all).build(spec, { registry, systemBuilder: "heavy" });
    expect(built).toMatchObject({ fingerprint: resolved.fingerprint, tag: resolved.tag });
    expect(built.tag).toMatch(/^u1-/);
    const split = await configOf(bench, "acme/train", built.tag);
    const whole = await bench.engine([lower.builder]).build(spec, { registry, force: true });
    expect(whole.tag).toBe(built.tag);
    expect((await configOf(bench, "acme/train", built.tag)).Labels).toEqual(split.Labels);
    expect(await bench.engine([]).build(spec, { registry, systemBuilder: "heavy" })).toMatchObject({
      action: "exists",
    });
  });

  it("makes the system image once for every spec with the same system part, and not at all when it is there", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const { all, upper, lower } = builders();
    const specs = [spec, spec.withPackages("seven"), spec.withEnv({ A: "1" })];
    await bench.engine(all).buildAll(specs, { registry, systemBuilder: "heavy" });
    expect(lower.calls).toHaveLength(1);
    expect(upper.calls).toHaveLength(3);
    // The registry has it, so the builder need not even be able to work here.
    const away = builders({ isAvailable: () => ({ available: false, reason: "no engine", hint: "start it" }) });
    const built = await bench.engine(away.all).build(spec.withPackages("eight"), { registry, systemBuilder: "heavy" });
    expect([built.builder, away.lower.calls.length]).toEqual(["plain", 0]);
    await bench.engine(all).build(spec.withAptPackages("curl"), { registry, systemBuilder: "heavy" });
    expect(lower.calls).toHaveLength(2);
    // Its packages float: force is there to have newer ones.
    await bench.engine(all).build(spec, { registry, systemBuilder: "heavy", force: true });
    expect(lower.calls[2]).toMatchObject({ spec: { part: "system" }, request: { force: true } });
  });

  it("works with the local store, several platforms, a base of the engine's own, and the engine's defaults", async () => {
    await using bench = await testBench();
    const { all, upper, lower } = builders({ with: ["multi-platform"] });
    const engine = bench.engine(all, { defaults: { systemBuilder: "heavy" } });
    const both = spec.with({
      baseImage: new ImageSpec({ name: "acme/base", packages: ["five"] }),
      platform: ["linux/amd64", "linux/arm64"],
    });
    expect(await engine.build(both)).toMatchObject({ platforms: ["linux/amd64", "linux/arm64"], layers: { total: 6 } });
    const names = (calls: typeof upper.calls) => calls.map((call) => `${call.spec.name} ${call.spec.platforms}`).sort();
    expect(names(lower.calls)).toEqual(["acme/train-system linux/amd64", "acme/train-system linux/arm64"]);
    expect(names(upper.calls)).toEqual([
      "acme/base linux/amd64",
      "acme/base linux/arm64",
      "acme/train linux/amd64",
      "acme/train linux/arm64",
    ]);
    expect(await engine.build(both)).toMatchObject({ action: "exists" });
  });

  it("serves a builder that does all platforms at once", async () => {
    await using bench = await testBench();
    const { all, upper } = builders({}, { with: ["multi-platform"] });
    const both = spec.withPlatforms("linux/amd64", "linux/arm64");
    const built = await bench.engine(all).build(both, { registry: bench.registry, systemBuilder: "heavy" });
    expect(upper.calls.map((call) => call.spec.platforms)).toEqual([["linux/amd64", "linux/arm64"]]);
    expect(built).toMatchObject({ action: "built", layers: { total: 4 } });
  });

  it("hands each half the secrets of its steps alone", async () => {
    await using bench = await testBench();
    const { all, upper, lower } = builders();
    const secrets = [
      { id: "both", from: { env: "BOTH" } },
      { id: "index", from: { env: "INDEX" }, steps: ["packages"] },
      { id: "make", from: { env: "MAKE" }, steps: ["commands[0]"] },
    ] as const;
    await bench.engine(all).build(spec.with({ secrets }), { registry: bench.registry, systemBuilder: "heavy" });
    const steps = (calls: typeof upper.calls) => calls[0]?.spec.secrets.map(({ id, steps: list }) => `${id} ${list}`);
    expect(steps(lower.calls)).toEqual(["both commands", "make commands[0]"]);
    expect(steps(upper.calls)).toEqual(["both packages", "index packages"]);
  });
});

describe("what is not split", () => {
  it("is what a builder takes whole, or nobody asked to split", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const plain = new ImageSpec({ name: "acme/train", packages: ["six"] });
    const { all, upper, lower } = builders();
    await bench.engine(all).build(plain, { registry, systemBuilder: "heavy" });
    await bench.engine(all).build(spec, { registry });
    await bench.engine(all).build(spec.withPackages("x"), { registry, builder: "heavy", systemBuilder: "heavy" });
    expect([upper.calls.length, lower.calls.length]).toEqual([1, 2]);
    expect(lower.calls.every((call) => call.spec.part === "whole")).toBe(true);
  });

  it.each([
    [{ commands: [{ run: "a", after: "system" }, "b"] }, "commands[1]", "the command runs after packages"],
    [{ condaPackages: ["mkl"] }, "condaPackages", "conda packages and Python packages are one environment"],
    [{ cuda: "12.4" }, "cuda", "it decides about the base and the Python packages"],
  ] as const)("is a spec with %j, and explain says why", async (change, path, reason) => {
    await using bench = await testBench();
    const { registry } = bench;
    const { all, lower } = builders();
    const options = { registry, systemBuilder: "heavy" };
    const engine = bench.engine(all);
    const { builder, verdicts } = await engine.explain(spec.with(change), options);
    expect(builder?.name).toBe("heavy");
    const problem = expect.objectContaining({
      path,
      message: `the build cannot be split for systemBuilder "heavy": ${reason}`,
    });
    expect(verdicts[0]?.verdict).toMatchObject({ action: "decline", problems: expect.arrayContaining([problem]) });
    await engine.build(spec.with(change), options);
    expect(lower.calls.map((call) => call.spec.part)).toEqual(["whole"]);
  });

  it("is a spec whose system part cannot be had", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const absent = builders({
      isAvailable: () => ({ available: false, reason: "no engine answers", hint: "start it" }),
    });
    const named = spec.with({ builder: "plain" });
    const unavailable = await failureOf(bench.engine(absent.all).build(named, { registry, systemBuilder: "heavy" }));
    expect(unavailable.code).toBe("BUILDER_DECLINED");
    expect(unavailable.problems).toContainEqual(
      expect.objectContaining({
        message: 'systemBuilder "heavy" cannot make the system packages: no engine answers',
        hint: "start it",
      }),
    );
    const unknown = await failureOf(bench.engine(builders().all).build(named, { registry, systemBuilder: "hevy" }));
    expect(unknown.problems.at(-1)).toMatchObject({
      message: 'systemBuilder "hevy" cannot make the system packages: builder "hevy" is not registered',
      hint: expect.stringContaining('write "heavy"'),
    });
    const poor = builders({ without: ["commands"] });
    const declined = await failureOf(bench.engine(poor.all).build(named, { registry, systemBuilder: "heavy" }));
    expect(declined.problems.at(-1)).toMatchObject({ path: "commands[0]", message: expect.stringContaining("heavy") });
  });

  it("fails with the error of the system part", async () => {
    await using bench = await testBench();
    const { all, upper } = builders({
      during: () => {
        throw new Error("apt is broken");
      },
    });
    const error = await failureOf(bench.engine(all).build(spec, { registry: bench.registry, systemBuilder: "heavy" }));
    expect(error.message).toContain("apt is broken");
    expect(upper.calls).toEqual([]);
  });
});

describe("plan and explain of a split build", () => {
  it("show two images, and who stands on whom", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const engine = bench.engine(builders().all);
    const options = { registry, systemBuilder: "heavy" };
    const planned = async () =>
      (await engine.plan(spec, options)).images.map(({ name, action, builder, isBase }) => [
        name,
        action,
        builder,
        isBase,
      ]);
    expect(await planned()).toEqual([
      ["acme/train-system", "build", "heavy", true],
      ["acme/train", "build", "plain", false],
    ]);
    const { builder, verdicts } = await engine.explain(spec, options);
    expect(builder?.name).toBe("plain");
    expect(verdicts[0]?.verdict).toEqual({ action: "build", detail: 'on system packages by "heavy"' });
    await engine.build(spec.withPackages("other"), options);
    expect(await planned()).toEqual([
      ["acme/train-system", "exists", undefined, true],
      ["acme/train", "build", "plain", false],
    ]);
  });
});
