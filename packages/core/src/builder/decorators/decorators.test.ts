import { setTimeout as delay } from "node:timers/promises";
import { ImageSpecError } from "@imagespec/errors";
import { describe, expect, it } from "vitest";
import type { BuilderEvent } from "../../events/events.ts";
import type { ResolvedImageSpec } from "../../spec/resolved-spec.ts";
import type { BuildOutcome, BuildRequest, ImageSpecBuilder } from "../builder.ts";
import { defineBuilder } from "../define-builder.ts";
import { withCache } from "./with-cache.ts";
import { withConcurrencyLimit } from "./with-concurrency-limit.ts";
import { type RecordedBuild, withRecorder } from "./with-recorder.ts";
import { withRetry } from "./with-retry.ts";
import { withTimeout } from "./with-timeout.ts";

const outcome = { digest: `sha256:${"a".repeat(64)}`, platforms: ["linux/amd64"] } as unknown as BuildOutcome;

function builderOf(build: ImageSpecBuilder["build"]): ImageSpecBuilder {
  return defineBuilder(() => ({ name: "tiny", priority: 7, capabilities: ["commands"], build }))();
}

/** Decorators look at few members of specs and requests. */
function given(fields: Partial<BuildRequest> = {}): readonly [ResolvedImageSpec, BuildRequest] {
  const spec = { fingerprint: "f", platforms: ["linux/amd64"], name: "acme/a" } as unknown as ResolvedImageSpec;
  const request = { signal: new AbortController().signal, emit: () => undefined, force: false, ...fields };
  return [spec, request as unknown as BuildRequest];
}

describe("every decorator", () => {
  it("leaves the rest of the builder as it is, also of an instance of a class", async () => {
    class Own {
      readonly name = "own";
      readonly contractVersion = 1;
      readonly priority = 3;
      readonly capabilities: ImageSpecBuilder["capabilities"] = new Set(["commands"]);
      readonly #answer = { action: "build" } as const;
      async shouldBuild() {
        return this.#answer;
      }
      async build() {
        return outcome;
      }
    }
    const own = new Own();
    for (const builder of [
      withCache(own),
      withConcurrencyLimit(own, 1),
      withRecorder(own, () => undefined),
      withRetry(own),
      withTimeout(own, 1000),
    ]) {
      const { name, priority, capabilities } = builder;
      expect([name, priority, capabilities]).toEqual(["own", 3, own.capabilities]);
      expect(await builder.shouldBuild({} as never, {} as never)).toEqual({ action: "build" });
      expect(builder.isAvailable).toBeUndefined();
    }
  });

  it("refuses settings that cannot work", () => {
    const builder = builderOf(async () => outcome);
    for (const make of [
      () => withConcurrencyLimit(builder, 0),
      () => withConcurrencyLimit(builder, 1.5),
      () => withTimeout(builder, Number.NaN),
      () => withRetry(builder, { attempts: 0 }),
    ]) {
      expect(make).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    }
  });
});

describe("withConcurrencyLimit", () => {
  it("lets so many build at once", async () => {
    let running = 0;
    let most = 0;
    const builder = withConcurrencyLimit(
      builderOf(async () => {
        most = Math.max(most, ++running);
        await delay(5);
        running--;
        return outcome;
      }),
      2,
    );
    await Promise.all(Array.from({ length: 6 }, () => builder.build(...given())));
    expect(most).toBe(2);
  });

  it("lets an aborted build leave the queue", async () => {
    const builder = withConcurrencyLimit(
      builderOf(() => delay(20, outcome)),
      1,
    );
    const first = builder.build(...given());
    const controller = new AbortController();
    const second = builder.build(...given({ signal: controller.signal }));
    controller.abort();
    await expect(second).rejects.toMatchObject({ code: "ABORTED" });
    await first;
  });
});

describe("withTimeout", () => {
  it("ends what takes too long, and hears nothing of it any more", async () => {
    const events: BuilderEvent[] = [];
    let seen: AbortSignal | undefined;
    const builder = withTimeout(
      builderOf(async (_spec, { signal, emit }) => {
        seen = signal;
        await delay(60);
        emit({ type: "warning", message: "late" });
        return outcome;
      }),
      10,
    );
    const request = given({ emit: (event) => events.push(event) });
    await expect(builder.build(...request)).rejects.toMatchObject({ code: "BUILD_TIMEOUT" });
    expect(seen?.aborted).toBe(true);
    await delay(80);
    expect(events).toEqual([]);
  });

  it("lets the builder tidy up when the caller aborts", async () => {
    const controller = new AbortController();
    let isTidy = false;
    const builder = withTimeout(
      builderOf(async (_spec, { signal }) => {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        await delay(10);
        isTidy = true;
        throw new ImageSpecError("ABORTED", "aborted");
      }),
      5000,
    );
    const build = builder.build(...given({ signal: controller.signal }));
    controller.abort();
    await expect(build).rejects.toMatchObject({ code: "ABORTED" });
    expect(isTidy).toBe(true);
  });

  it("does not begin what is aborted already", async () => {
    const builder = withTimeout(
      builderOf(async () => outcome),
      1000,
    );
    await expect(builder.build(...given({ signal: AbortSignal.abort() }))).rejects.toMatchObject({ code: "ABORTED" });
  });
});

describe("withRetry", () => {
  const failing = (times: number, code: "ENGINE_LOST" | "SPEC_VALUE") => {
    let calls = 0;
    const builder = builderOf(async (_spec, { emit }) => {
      emit({ type: "step", id: "push", name: "push", state: "running" });
      emit({ type: "log", step: "push", stream: "out", text: "x" });
      if (++calls <= times) throw new ImageSpecError(code, `failure ${calls}`);
      return outcome;
    });
    return { builder, calls: () => calls };
  };

  it("builds again after what passes, by steps of their own", async () => {
    const { builder, calls } = failing(2, "ENGINE_LOST");
    const events: BuilderEvent[] = [];
    const request = given({ emit: (event) => events.push(event) });
    expect(await withRetry(builder, { delayMs: 1 }).build(...request)).toBe(outcome);
    expect(calls()).toBe(3);
    expect(events.flatMap((event) => (event.type === "step" ? event.id : []))).toEqual(["push", "push#2", "push#3"]);
    expect(events.filter(({ type }) => type === "log")).toMatchObject([
      { step: "push" },
      { step: "push#2" },
      { step: "push#3" },
    ]);
    expect(events.filter(({ type }) => type === "retry")).toMatchObject([
      { attempt: 1, delayMs: 1, reason: "failure 1" },
      { attempt: 2, delayMs: 2, reason: "failure 2" },
    ]);
  });

  it("gives up in the end, and at once where nothing will change", async () => {
    const often = failing(9, "ENGINE_LOST");
    await expect(withRetry(often.builder, { delayMs: 1 }).build(...given())).rejects.toThrow("failure 3");
    const wrong = failing(9, "SPEC_VALUE");
    await expect(withRetry(wrong.builder, { delayMs: 1 }).build(...given())).rejects.toThrow("failure 1");
    const own = withRetry(failing(1, "SPEC_VALUE").builder, { delayMs: 1, isTemporary: () => true });
    expect(await own.build(...given())).toBe(outcome);
  });

  it("is aborted while it waits", async () => {
    const controller = new AbortController();
    const { builder } = failing(9, "ENGINE_LOST");
    const build = withRetry(builder, { delayMs: 60_000 }).build(...given({ signal: controller.signal }));
    await delay(5);
    controller.abort();
    await expect(build).rejects.toMatchObject({ code: "ABORTED" });
  });
});

describe("withRecorder", () => {
  it("notes what came of each build", async () => {
    const notes: RecordedBuild[] = [];
    const failure = new ImageSpecError("BUILD_FAILED", "no");
    let isGood = true;
    const builder = withRecorder(
      builderOf(async () => {
        if (isGood) return outcome;
        throw failure;
      }),
      (note) => notes.push(note),
    );
    await builder.build(...given());
    isGood = false;
    await expect(builder.build(...given())).rejects.toBe(failure);
    expect(notes).toMatchObject([
      { builder: "tiny", outcome },
      { builder: "tiny", error: failure },
    ]);
    expect(notes[0]?.ms).toBeGreaterThanOrEqual(0);
  });
});

describe("withCache", () => {
  const setUp = (size?: number) => {
    let calls = 0;
    const there = new Set<string>([outcome.digest]);
    const place = { readManifest: async ({ digest }: { digest: string }) => (there.has(digest) ? {} : undefined) };
    const builder = withCache(
      builderOf(async () => {
        calls++;
        return outcome;
      }),
      size === undefined ? {} : { size },
    );
    const build = (fields: object = {}, fingerprint = "f") => {
      const output = { kind: "registry", registry: "r", repository: "acme/a", tag: "t" };
      const [spec, request] = given({
        output,
        registryClient: { repository: () => place },
        store: place,
        ...fields,
      } as never);
      return builder.build({ ...spec, fingerprint }, request);
    };
    return { build, calls: () => calls, there };
  };

  it("remembers what was made for equal content in one place", async () => {
    const { build, calls } = setUp();
    const events: BuilderEvent[] = [];
    await build();
    expect(await build({ emit: (event: BuilderEvent) => events.push(event) })).toMatchObject({
      digest: outcome.digest,
    });
    expect(calls()).toBe(1);
    expect(events).toMatchObject([{ type: "step", state: "cached", detail: outcome.digest }]);
    await build({}, "g");
    await build({ output: { kind: "registry", registry: "r", repository: "acme/b", tag: "t" } });
    await build({ output: { kind: "local-store", name: "acme/a:t" } });
    expect(calls()).toBe(4);
  });

  it("builds when it is forced to, when the image is gone, and where it cannot look", async () => {
    const { build, calls, there } = setUp();
    await build();
    await build({ force: true });
    there.clear();
    await build();
    expect(calls()).toBe(3);
    const layout = { output: { kind: "oci-layout", path: "/x", name: "acme/a:t" } };
    await build(layout);
    await build(layout);
    expect(calls()).toBe(5);
  });

  it("forgets what was not used for the longest time", async () => {
    const { build, calls } = setUp(2);
    for (const fingerprint of ["1", "2", "1", "3", "1"]) await build({}, fingerprint);
    expect(calls()).toBe(3);
    await build({}, "2");
    expect(calls()).toBe(4);
  });
});
