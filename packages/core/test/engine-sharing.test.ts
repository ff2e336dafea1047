import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { ImageSpec } from "../src/index.ts";
import { failureOf } from "../src/testing/failure-of.ts";
import { fakeBuilder } from "../src/testing/fake-builder.ts";
import { testBench } from "../src/testing/test-bench.ts";

const spec = new ImageSpec({ name: "acme/a", packages: ["six"] });

describe("equal content", () => {
  it("is built once and fanned out by mount and tag", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const fake = fakeBuilder();
    const engine = bench.engine([fake.builder]);
    const specs = ["acme/a", "acme/b", "acme/c"].map((name) => spec.with({ name }));
    const results = await engine.buildAll(specs, { registry, concurrency: 1 });
    expect(fake.calls).toHaveLength(1);
    expect(new Set(results.map(({ digest }) => digest)).size).toBe(1);
    expect(results.map(({ name, action }) => `${name} ${action}`)).toEqual([
      "acme/a built",
      "acme/b built",
      "acme/c built",
    ]);
    expect(results[1]?.layers).toMatchObject({ built: 0, reused: 1 });
    const puts = bench.requests.filter((request) => /PUT .*uploads/.test(request) && !request.includes("acme/a/"));
    expect(bench.requests.filter((request) => /mount=.* 201$/.test(request)).length).toBeGreaterThanOrEqual(4);
    // Layers and configs are mounted; only the empty config and the record of each image are sent.
    expect(puts).toHaveLength(4);
    for (const one of specs) expect(await engine.exists(one, { registry })).toMatchObject({ state: "present" });
  });

  it("is shared by concurrent calls of one engine, and goes to other kinds of output", async () => {
    await using bench = await testBench();
    const fake = fakeBuilder({ during: () => delay(100) });
    const engine = bench.engine([fake.builder]);
    const [pushed, stored, again] = await Promise.all([
      engine.build(spec, { registry: bench.registry }),
      engine.build(spec, { output: "local-store" }),
      engine.build(spec, { registry: bench.registry }),
    ]);
    expect(fake.calls).toHaveLength(1);
    expect(stored.digest).toBe(pushed.digest);
    expect(again.reference).toBe(pushed.reference);
    expect(await engine.exists(spec)).toMatchObject({ state: "present" });
  });

  it("is built by the others when the one that builds it is aborted", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const fake = fakeBuilder({ during: () => delay(100) });
    const engine = bench.engine([fake.builder]);
    const controller = new AbortController();
    const first = failureOf(engine.build(spec, { registry, signal: controller.signal }));
    await expect.poll(() => fake.calls.length).toBe(1);
    const second = engine.build(spec.with({ name: "acme/b" }), { registry });
    await delay(30);
    controller.abort();
    expect((await first).code).toBe("ABORTED");
    expect((await second).action).toBe("built");
    expect(fake.calls).toHaveLength(2);
  });

  it("fails for all that wait when the build itself fails", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const fake = fakeBuilder({
      during: async () => {
        await delay(50);
        throw new Error("boom");
      },
    });
    const engine = bench.engine([fake.builder]);
    const specs = ["acme/a", "acme/b"].map((name) => spec.with({ name }));
    const settled = await engine.buildAllSettled(specs, { registry });
    expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(fake.calls).toHaveLength(1);
  });

  it("is built anew by a later forced build", async () => {
    await using bench = await testBench();
    const fake = fakeBuilder();
    const engine = bench.engine([fake.builder]);
    await engine.build(spec, { registry: bench.registry });
    await engine.build(spec.with({ name: "acme/b" }), { registry: bench.registry, force: true });
    expect(fake.calls).toHaveLength(2);
  });
});

describe("buildAll", () => {
  it("goes on after a failure, keeps the results, and reports the first error", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const fake = fakeBuilder({
      during: (asked) => {
        if (asked.packages.includes("bad")) throw new Error("bad package");
      },
    });
    const engine = bench.engine([fake.builder]);
    const specs = [spec.withPackages("bad"), { spec: spec.withPackages("good"), options: { tagFormat: "good" } }];
    const error = await failureOf(engine.buildAll(specs, { registry }));
    expect(error.code).toBe("BUILD_FAILED");
    expect(error.details["results"]).toMatchObject([
      { status: "rejected", error: { code: "BUILD_FAILED" } },
      { status: "fulfilled", result: { action: "built", tag: "good" } },
    ]);
  });

  it("has no more builders at work than the engine's limit", async () => {
    await using bench = await testBench();
    let running = 0;
    let most = 0;
    const fake = fakeBuilder({
      during: async () => {
        most = Math.max(most, ++running);
        await delay(20);
        running--;
      },
    });
    const engine = bench.engine([fake.builder], { concurrency: 2 });
    const specs = ["a", "b", "c", "d", "e"].map((name) => spec.withPackages(name));
    const results = await engine.buildAll(specs, { registry: bench.registry, concurrency: 5 });
    expect(results).toHaveLength(5);
    expect(most).toBe(2);
  });
});
