import { describe, expect, it } from "vitest";
import { BuilderRegistry, type BuilderVerdict, decline, ImageBuildEngine, ImageSpec } from "../src/index.ts";
import { failureOf } from "../src/testing/failure-of.ts";
import { type FakeBuilderOptions, fakeBuilder } from "../src/testing/fake-builder.ts";
import { testBench } from "../src/testing/test-bench.ts";

const spec = new ImageSpec({ name: "acme/train", packages: ["six"], commands: ["make"] });

function lines(verdicts: readonly BuilderVerdict[]): readonly string[] {
  return verdicts.map(({ builder, verdict }) => `${builder} ${verdict.action}`);
}

describe("choosing a builder", () => {
  it("takes the first in order of priority, then name, that can, may and will", async () => {
    await using bench = await testBench();
    const builders = [
      fakeBuilder({ name: "poor", priority: 100, without: ["commands"] }),
      fakeBuilder({
        name: "absent",
        priority: 90,
        isAvailable: () => ({ available: false, reason: "no daemon", hint: "start it" }),
      }),
      fakeBuilder({
        name: "picky",
        priority: 80,
        shouldBuild: () => decline("commands[0]", "no make here", "install make"),
      }),
      fakeBuilder({ name: "b", priority: 50 }),
      fakeBuilder({ name: "a", priority: 50 }),
    ];
    const engine = bench.engine(builders.map(({ builder }) => builder));
    expect(engine.builders().map(({ name }) => name)).toEqual(["poor", "absent", "picky", "a", "b"]);
    const selection = await engine.explain(spec);
    expect(selection.builder?.name).toBe("a");
    expect(lines(selection.verdicts)).toEqual([
      "poor decline",
      "absent unavailable",
      "picky decline",
      "a build",
      "b build",
    ]);
    expect(selection.verdicts[0]?.verdict).toMatchObject({
      problems: [
        {
          path: "commands[0]",
          message: 'builder "poor" lacks the capability "commands": the spec asks for 1 command',
          hint: 'let "absent" or "picky" or "a" or "b" build it, which can',
        },
      ],
    });
    // Nobody is asked about a spec that is beyond its capabilities, or when it cannot work.
    expect(builders.map(({ asked }) => asked.length)).toEqual([0, 0, 1, 1, 1]);
    expect((await engine.build(spec)).builder).toBe("a");
    // In a build, the turn of "b" does not come.
    expect(builders.at(3)?.asked).toHaveLength(1);
  });

  it("prints every verdict when nobody takes the spec", async () => {
    await using bench = await testBench();
    const builders = [
      fakeBuilder({ name: "poor", priority: 100, without: ["commands"] }),
      fakeBuilder({
        name: "absent",
        priority: 90,
        isAvailable: () => ({ available: false, reason: "no daemon", hint: "start it" }),
      }),
      fakeBuilder({
        name: "picky",
        priority: 80,
        shouldBuild: () => decline("commands[0]", "no make here", "install make"),
      }),
    ];
    const error = await failureOf(bench.engine(builders.map(({ builder }) => builder)).build(spec));
    expect(error.code).toBe("NO_BUILDER");
    for (const text of ["poor", "absent", "is not available, no daemon", "picky", "commands[0]: no make here"]) {
      expect(error.message).toContain(text);
    }
    expect(error.problems.map(({ path, hint }) => [path, hint])).toEqual([
      ["commands[0]", 'let "absent" or "picky" build it, which can'],
      ["", "start it"],
      ["commands[0]", "install make"],
    ]);
    expect(error.details["verdicts"]).toHaveLength(3);
    expect((await failureOf(bench.engine([]).build(spec))).hint).toBe(
      "install one: npm install @imagespec/builder-assemble",
    );
  });

  it("never falls back from a builder that is asked for by name", async () => {
    await using bench = await testBench();
    const poor = fakeBuilder({ name: "poor", priority: 100, without: ["commands"] });
    const away = fakeBuilder({
      name: "away",
      isAvailable: () => ({ available: false, reason: "no daemon", hint: "start it" }),
    });
    const rich = fakeBuilder({ name: "rich" });
    const engine = bench.engine([poor.builder, away.builder, rich.builder]);
    expect(await failureOf(engine.build(spec, { builder: "poor" }))).toMatchObject({
      code: "BUILDER_DECLINED",
      problems: [{ path: "commands[0]" }],
    });
    expect(await failureOf(engine.build(spec.with({ builder: "away" })))).toMatchObject({
      code: "BUILDER_DECLINED",
      hint: "start it",
      message: expect.stringContaining("no daemon"),
    });
    expect(await failureOf(engine.build(spec, { builder: "reich" }))).toMatchObject({
      code: "BUILDER_NOT_FOUND",
      hint: 'write "rich"; registered are: poor, away, rich',
    });
    expect(rich.calls).toHaveLength(0);
    const byDefault = bench.engine([poor.builder, rich.builder], { defaults: { builder: "rich" } });
    expect((await byDefault.build(spec)).builder).toBe("rich");
  });

  it("asks for availability once, not for every spec", async () => {
    await using bench = await testBench();
    let asked = 0;
    const fake = fakeBuilder({
      isAvailable: () => {
        asked++;
        return true;
      },
    });
    const engine = bench.engine([fake.builder]);
    await engine.buildAll([spec, spec.withPackages("a"), spec.withPackages("b")]);
    expect(asked).toBe(1);
  });

  it("sees builders that are registered after the engine and the spec were made", async () => {
    await using bench = await testBench();
    const registry = new BuilderRegistry();
    const engine = bench.engine([], { registry, builders: undefined });
    const before = fakeBuilder({ name: "before", priority: 10 });
    const after = fakeBuilder({ name: "after", priority: 20 });
    registry.register(before.builder);
    expect((await engine.build(spec)).builder).toBe("before");
    registry.register(after.builder);
    expect((await engine.build(spec.withPackages("x"))).builder).toBe("after");
    engine.register(fakeBuilder({ name: "own" }).builder, { priority: 30 });
    expect((await engine.build(spec.withPackages("y"))).builder).toBe("own");
    expect(registry.list().map(({ name }) => name)).toEqual(["after", "before"]);
  });

  it("accepts any of what defineBuilder takes and treats everything else as a refusal that names the plugin", async () => {
    await using bench = await testBench();
    for (const answer of [
      false,
      undefined,
      null,
      0,
      "yes",
      {},
      { action: "maybe" },
      { action: "decline" },
      { action: "skip" },
    ]) {
      // Plugins without types answer anything.
      const fake = fakeBuilder({ shouldBuild: () => answer as never });
      const error = await failureOf(bench.engine([fake.builder]).build(spec));
      expect([answer, error.code, error.message]).toEqual([
        answer,
        "NO_BUILDER",
        expect.stringContaining('builder "fake" answered'),
      ]);
    }
    const thrower = fakeBuilder({ shouldBuild: () => Promise.reject(new Error("oops")) });
    const error = await failureOf(bench.engine([thrower.builder]).build(spec));
    expect(error.problems[0]?.message).toBe('builder "fake" failed while it looked at the spec: oops');
  });

  it("gives the contentOptions of a builder that the spec names to the fingerprint", async () => {
    await using bench = await testBench();
    const fake = fakeBuilder({ contentOptions: (options) => ({ level: (options as { level: number }).level }) });
    const engine = bench.engine([fake.builder]);
    const tags = [];
    for (const builderOptions of [
      { level: 1, speed: 1 },
      { level: 1, speed: 2 },
      { level: 2, speed: 1 },
    ]) {
      tags.push((await engine.build(spec, { builder: "fake", builderOptions })).tag);
    }
    expect(tags[0]).toBe(tags[1]);
    expect(tags[0]).not.toBe(tags[2]);
  });
});

describe("a builder whose own store has the image", () => {
  const existing = async (bench: Awaited<ReturnType<typeof testBench>>) => {
    const built = await bench
      .engine([fakeBuilder().builder])
      .build(spec, { registry: bench.registry, name: "acme/cache" });
    const { reference, digest, platforms, fingerprint } = built;
    return { reference, digest: digest!, platforms, fingerprint };
  };
  const skipping = (image: Awaited<ReturnType<typeof existing>>): FakeBuilderOptions => ({
    shouldBuild: () => ({ action: "skip", existing: image }),
  });

  it("saves the build when the engine can verify it", async () => {
    await using bench = await testBench();
    const image = await existing(bench);
    const fake = fakeBuilder(skipping(image));
    const built = await bench.engine([fake.builder]).build(spec, { registry: bench.registry });
    expect(built.digest).toBe(image.digest);
    expect(fake.calls).toHaveLength(0);
    expect(await bench.engine([]).exists(spec, { registry: bench.registry })).toMatchObject({ state: "present" });
    await bench.engine([fake.builder]).build(spec, { registry: bench.registry, force: true });
    expect(fake.calls).toHaveLength(1);
  });

  it("is not believed when the image is another one or not there", async () => {
    await using bench = await testBench();
    const image = await existing(bench);
    const claims = [
      { ...image, fingerprint: "0".repeat(64) },
      { ...image, digest: `sha256:${"0".repeat(64)}` as const },
      { ...image, reference: "not a reference" },
    ];
    for (const claim of claims) {
      const error = await failureOf(
        bench.engine([fakeBuilder(skipping(claim)).builder]).build(spec, { registry: bench.registry }),
      );
      expect(error.code).toBe("NO_BUILDER");
      expect(error.message).toContain("cannot be confirmed");
    }
  });
});

describe("outcomes that break the contract", () => {
  const cases: Readonly<Record<string, readonly [FakeBuilderOptions, RegExp]>> = {
    nothing: [{ returns: () => 0 }, /returned "0" instead of an outcome/],
    "no digest": [{ returns: (outcome) => ({ ...outcome, digest: "latest" }) }, /whose digest is "latest"/],
    "a config's type": [
      { returns: (outcome) => ({ ...outcome, mediaType: "application/json" }) },
      /neither a manifest's/,
    ],
    "no size": [{ returns: (outcome) => ({ ...outcome, size: -1 }) }, /whose size is "-1"/],
    "other platforms": [
      { returns: (outcome) => ({ ...outcome, platforms: ["linux/arm64"] }) },
      /for \["linux\/arm64"\]/,
    ],
    "timings of another kind": [{ returns: (outcome) => ({ ...outcome, timings: { a: "1 s" } }) }, /timings/],
    "no bytes": [{ returns: (outcome) => ({ ...outcome, bytes: undefined }) }, /"bytes"/],
    "wrong layers": [{ returns: (outcome) => ({ ...outcome, layers: { built: -1, reused: 0 } }) }, /"layers"/],
    "an image that is not there": [
      { returns: (outcome) => ({ ...outcome, digest: `sha256:${"0".repeat(64)}` }) },
      /which the output does not have/,
    ],
    "no labels": [{ labels: () => ({}) }, /made an image with no fingerprint label/],
    "labels of another spec": [
      { labels: (labels) => ({ ...labels, "dev.imagespec.fingerprint": "abc" }) },
      /the fingerprint label "abc"/,
    ],
  };

  it.each(Object.keys(cases))("are refused: %s", async (name) => {
    await using bench = await testBench();
    const [options, message] = cases[name]!;
    const engine = bench.engine([fakeBuilder(options).builder]);
    const error = await failureOf(engine.build(spec, { registry: bench.registry }));
    expect(error).toMatchObject({ code: "BUILDER_CONTRACT", details: { builder: "fake" } });
    expect(error.message).toMatch(message);
    expect(await engine.exists(spec, { registry: bench.registry })).toEqual({ state: "absent" });
  });
});

describe("engines", () => {
  it("use the builders of the process when none are given", async () => {
    const engine = new ImageBuildEngine();
    expect(engine.builders()).toEqual([]);
    await engine.close();
    await engine.close();
  });
});
