import { readdir } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ImageSpecError } from "@imagespec/errors";
import { withFileLock } from "@imagespec/image-store";
import { describe, expect, it } from "vitest";
import { type BuildEvent, type BuildOptions, ImageSpec, resolveImageSpec } from "../src/index.ts";
import { failureOf } from "../src/testing/failure-of.ts";
import { type FakeBuilderOptions, fakeBuilder } from "../src/testing/fake-builder.ts";
import { testBench } from "../src/testing/test-bench.ts";

const spec = new ImageSpec({ name: "acme/train", packages: ["six"] });
const forever = (): Promise<never> => new Promise(() => undefined);

/** Builds that hang in one phase, whatever the signal says. */
const phases: Readonly<Record<string, FakeBuilderOptions>> = {
  isAvailable: { isAvailable: forever },
  shouldBuild: { shouldBuild: forever },
  build: { during: forever },
};

describe.each(Object.keys(phases))("a builder that hangs in %s", (phase) => {
  it("is left within milliseconds of an abort, with one done event", async () => {
    await using bench = await testBench();
    const engine = bench.engine([fakeBuilder(phases[phase]).builder]);
    const controller = new AbortController();
    const events: BuildEvent[] = [];
    const options = {
      registry: bench.registry,
      signal: controller.signal,
      onEvent: (event: BuildEvent) => events.push(event),
    };
    const failure = failureOf(engine.build(spec, options));
    await delay(250);
    const start = performance.now();
    controller.abort();
    expect((await failure).code).toBe("ABORTED");
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(events.filter(({ type }) => type === "done")).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: "done", error: { code: "ABORTED" } });
    expect(await bench.client.tags({ registry: bench.registry, repository: "acme/train" }).catch(() => [])).toEqual([]);
  });

  it("is left when the time is up", async () => {
    await using bench = await testBench();
    const engine = bench.engine([fakeBuilder(phases[phase]).builder]);
    const error = await failureOf(engine.build(spec, { registry: bench.registry, timeoutMs: 200 }));
    expect(error).toMatchObject({ code: "BUILD_TIMEOUT", details: { timeoutMs: 200 } });
  });
});

describe("aborting", () => {
  it("leaves no lock, and what the builder tidies up is gone, once the engine is closed", async () => {
    await using bench = await testBench();
    let isTidy = false;
    const during: FakeBuilderOptions["during"] = async (_, { signal }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      await delay(100);
      isTidy = true;
    };
    const fake = fakeBuilder({ during });
    const engine = bench.engine([fake.builder]);
    const controller = new AbortController();
    const failure = failureOf(engine.build(spec, { registry: bench.registry, signal: controller.signal }));
    await expect.poll(() => fake.calls.length).toBe(1);
    expect(await readdir(join(bench.cacheFolder, "locks"))).toHaveLength(1);
    controller.abort();
    expect((await failure).code).toBe("ABORTED");
    await engine.close();
    expect(isTidy).toBe(true);
    expect(await readdir(join(bench.cacheFolder, "locks"))).toEqual([]);
  });

  it("works before the build and while it waits for its turn", async () => {
    await using bench = await testBench();
    const fake = fakeBuilder({ during: forever });
    const engine = bench.engine([fake.builder], { concurrency: 1 });
    const { registry } = bench;
    expect((await failureOf(engine.build(spec, { registry, signal: AbortSignal.abort() }))).code).toBe("ABORTED");
    const first = failureOf(engine.build(spec, { registry }));
    await expect.poll(() => fake.calls.length).toBe(1);
    const controller = new AbortController();
    const second = failureOf(engine.build(spec.withPackages("x"), { registry, signal: controller.signal }));
    await delay(100);
    controller.abort(new Error("closed by the user"));
    expect(await second).toMatchObject({ code: "ABORTED", cause: { message: "closed by the user" } });
    expect(fake.calls).toHaveLength(1);
    await engine.close();
    expect(await first).toMatchObject({ code: "ABORTED", message: "the engine was closed" });
  });

  it("works while a registry or an engine does not answer", async () => {
    await using bench = await testBench();
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    // A server that listens on TCP has such an address.
    const { port } = silent.address() as AddressInfo;
    const engine = bench.engine([fakeBuilder().builder]);
    const outputs: readonly BuildOptions[] = [
      { registry: `127.0.0.1:${port}` },
      { output: { kind: "engine", host: `tcp://127.0.0.1:${port}` } },
    ];
    for (const options of outputs) {
      const controller = new AbortController();
      const failure = failureOf(engine.build(spec, { ...options, signal: controller.signal }));
      await delay(200);
      const start = performance.now();
      controller.abort();
      expect((await failure).code).toBe("ABORTED");
      expect(performance.now() - start).toBeLessThan(10_000);
    }
    silent.close();
  });

  it("works while another process builds the same, which is told by an event", async () => {
    await using bench = await testBench();
    const { fingerprint } = await resolveImageSpec(spec);
    const file = join(bench.cacheFolder, "locks", `${fingerprint}.lock`);
    const fake = fakeBuilder();
    const engine = bench.engine([fake.builder]);
    const events: BuildEvent[] = [];
    await withFileLock(file, async () => {
      const onEvent = (event: BuildEvent): void => void events.push(event);
      const error = await failureOf(engine.build(spec, { registry: bench.registry, timeoutMs: 300, onEvent }));
      expect(error.code).toBe("BUILD_TIMEOUT");
    });
    expect(events).toContainEqual(expect.objectContaining({ type: "step", id: "wait", state: "queued" }));
    expect(fake.calls).toHaveLength(0);
    expect((await engine.build(spec, { registry: bench.registry })).action).toBe("built");
  });

  it("takes the builder's sink away", async () => {
    await using bench = await testBench();
    let late: Promise<ImageSpecError> | undefined;
    const fake = fakeBuilder({
      during: async (_spec, request) => {
        late = delay(50).then(() => failureOf(request.sink.writeManifest(Buffer.from("{}"), "text/plain")));
        await forever();
      },
    });
    const error = await failureOf(
      bench.engine([fake.builder]).build(spec, { registry: bench.registry, timeoutMs: 300 }),
    );
    await late;
    expect(error.code).toBe("BUILD_TIMEOUT");
    const other = fakeBuilder({
      during: (_spec, request) => {
        late = delay(200).then(() => failureOf(request.sink.writeManifest(Buffer.from("{}"), "text/plain")));
      },
    });
    await bench.engine([other.builder]).build(spec, { registry: bench.registry });
    expect((await late)?.code).toBe("ABORTED");
  });
});

describe("events", () => {
  it("begin with started, end with done, and carry build, time, builder and platform", async () => {
    await using bench = await testBench();
    const fake = fakeBuilder({
      during: (_spec, { emit }) => {
        emit({ type: "step", id: "layers", name: "layers", state: "running" });
        emit({ type: "log", step: "layers", stream: "out", text: "half a li" });
        emit({ type: "log", step: "layers", stream: "out", text: "ne\nand more" });
        emit({ type: "step", id: "layers", name: "layers", state: "done", ms: 3 });
        emit({ type: "warning", message: "no lock" });
      },
    });
    const events: BuildEvent[] = [];
    const onEvent = (event: BuildEvent): void => void events.push(event);
    const result = await bench.engine([fake.builder]).build(spec, { registry: bench.registry, onEvent });
    expect(events[0]).toMatchObject({
      type: "started",
      target: result.reference,
      fingerprint: result.fingerprint,
      builder: "",
    });
    expect(events.at(-1)).toMatchObject({ type: "done", builder: "fake", result: { digest: result.digest } });
    expect(new Set(events.map(({ build }) => build))).toEqual(new Set([`acme/train:${result.tag}`]));
    expect(events.map(({ t }) => t)).toEqual(events.map(({ t }) => t).toSorted((a, b) => a - b));
    const logs = events.filter((event) => event.type === "log");
    expect(logs.map(({ text }) => text)).toEqual(["half a line\n", "and more"]);
    expect(logs[0]).toMatchObject({ builder: "fake", platform: "linux/amd64" });
    expect(result.warnings).toEqual(["no lock"]);
  });

  it("come with one done for each requested build, also for equal and failing ones", async () => {
    await using bench = await testBench();
    const events: BuildEvent[] = [];
    const onEvent = (event: BuildEvent): void => void events.push(event);
    const base = new ImageSpec({ name: "acme/base", packages: ["base"] });
    const specs = [
      spec,
      spec.with({ name: "acme/b" }),
      spec.with({ name: "acme/c", baseImage: base }),
      new ImageSpec(),
    ];
    const settled = await bench
      .engine([fakeBuilder().builder])
      .buildAllSettled(specs, { registry: bench.registry, onEvent });
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled", "rejected"]);
    expect(events.filter(({ type }) => type === "done")).toHaveLength(4);
    expect(events.filter(({ type }) => type === "started")).toHaveLength(3);
    const ofBase = events.filter((event) => event.type === "step" && event.id.startsWith("base acme/base/"));
    expect(ofBase.length).toBeGreaterThan(0);
  });

  it("are dropped without a warning when the builder tidies up after an abort", async () => {
    await using bench = await testBench();
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on("warning", note);
    const during: FakeBuilderOptions["during"] = async (_spec, { signal, emit }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      await delay(50);
      emit({ type: "step", id: "work", name: "work", state: "failed" });
    };
    const engine = bench.engine([fakeBuilder({ during }).builder]);
    await failureOf(engine.build(spec, { registry: bench.registry, timeoutMs: 200 }));
    await engine.close();
    await delay(10);
    process.off("warning", note);
    expect(warnings).toEqual([]);
  });

  it("are dropped after done, with one warning of the process", async () => {
    await using bench = await testBench();
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on("warning", note);
    const events: BuildEvent[] = [];
    const fake = fakeBuilder({
      during: (_spec, { emit }) => {
        setTimeout(() => {
          for (let index = 0; index < 3; index++) emit({ type: "warning", message: "late" });
        }, 300);
      },
    });
    await bench
      .engine([fake.builder])
      .build(spec, { registry: bench.registry, onEvent: (event) => void events.push(event) });
    await delay(400);
    process.off("warning", note);
    expect(events.at(-1)?.type).toBe("done");
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('builder "fake" emitted an event after'),
    ]);
  });
});

describe("secrets", () => {
  it("are redacted in events, errors, details and log tails once they were read", async () => {
    await using bench = await testBench();
    const token = "s3cr3t-token-value";
    const withSecret = spec.withSecrets({ id: "token", from: { env: "TOKEN" } });
    const fake = fakeBuilder({
      during: async (_spec, request) => {
        expect(await request.secret("token")).toBe(token);
        request.emit({ type: "log", step: "pip", stream: "err", text: "using s3cr3t-to" });
        request.emit({ type: "log", step: "pip", stream: "err", text: "ken-value now\n" });
        request.emit({ type: "step", id: "pip", name: "pip", state: "failed", ms: 1, error: `bad ${token}` });
        throw new ImageSpecError("BUILD_STEP_FAILED", "pip failed", { details: { line: `pip --token ${token}` } });
      },
    });
    const events: BuildEvent[] = [];
    const engine = bench.engine([fake.builder], { env: { TOKEN: token } });
    const error = await failureOf(
      engine.build(withSecret, { registry: bench.registry, onEvent: (event) => void events.push(event) }),
    );
    expect(JSON.stringify(events)).not.toContain(token);
    expect(JSON.stringify(error)).not.toContain(token);
    expect(error.logTail).toEqual(["using *** now"]);
    expect(error.details["line"]).toBe("pip --token ***");
  });

  it("that cannot be read say which and why", async () => {
    await using bench = await testBench();
    const read = (id: string) => ({
      during: async (_spec: unknown, request: { secret(id: string): Promise<string> }) => {
        await request.secret(id);
      },
    });
    const failing = async (from: { env: string } | { file: string } | { aws: string }) => {
      const engine = bench.engine([fakeBuilder(read("x")).builder], { env: {} });
      return failureOf(engine.build(spec.withSecrets({ id: "x", from }), { registry: bench.registry }));
    };
    expect(await failing({ env: "NOPE" })).toMatchObject({
      code: "SPEC_VALUE",
      problems: [{ path: "secrets[0].from.env" }],
    });
    expect(await failing({ file: "nope" })).toMatchObject({
      code: "SPEC_FILE_MISSING",
      problems: [{ path: "secrets[0].from.file" }],
    });
    expect(await failing({ aws: "prod/token" })).toMatchObject({ code: "SPEC_VALUE" });
  });
});

describe("failures of builders", () => {
  it("keep the last 50 lines of the log, their code, and the name of the builder", async () => {
    await using bench = await testBench();
    const fake = fakeBuilder({
      during: (_spec, { emit }) => {
        for (let line = 1; line <= 200; line++) emit({ type: "log", step: "x", stream: "out", text: `line ${line}\n` });
        throw new ImageSpecError("BUILD_STEP_FAILED", "it failed", { hint: "look", details: { step: "x" } });
      },
    });
    const error = await failureOf(bench.engine([fake.builder]).build(spec, { registry: bench.registry }));
    expect(error).toMatchObject({ code: "BUILD_STEP_FAILED", hint: "look", details: { builder: "fake", step: "x" } });
    expect(error.logTail).toHaveLength(50);
    expect(error.logTail.at(-1)).toBe("line 200");
  });

  it("do not fall back to another builder, unless asked to", async () => {
    await using bench = await testBench();
    const bad = fakeBuilder({ name: "bad", priority: 90, during: () => Promise.reject(new Error("broken machine")) });
    const good = fakeBuilder({ name: "good", priority: 10 });
    const engine = bench.engine([bad.builder, good.builder]);
    const { registry } = bench;
    expect((await failureOf(engine.build(spec, { registry }))).message).toContain('builder "bad" failed');
    expect(good.calls).toHaveLength(0);
    const built = await engine.build(spec, { registry, fallback: true });
    expect(built.builder).toBe("good");
    expect(built.warnings[0]).toContain('builder "bad" failed, "good" goes on');
    const named = spec.with({ builder: "bad", packages: ["other"] });
    expect((await failureOf(engine.build(named, { registry, fallback: true }))).message).toContain(
      'builder "bad" failed',
    );
  });
});
