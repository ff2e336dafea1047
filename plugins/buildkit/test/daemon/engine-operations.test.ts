import { randomBytes } from "node:crypto";
import { ImageSpecError } from "@imagespec/errors";
import { readTar } from "@imagespec/image-store";
import { type FaultRule, startFaultProxy } from "@imagespec/plugin-kit";
import {
  enginesUnderTest,
  requireStack,
  type SkippableTest,
  type Stack,
  type StackEngineName,
} from "@imagespec/test-support";
import { describe, expect, test } from "vitest";
import type { EngineOperations, PushOptions } from "../../src/daemon/engine-operations.ts";
import { openDaemon } from "../../src/daemon/open-daemon.ts";
import { solveWork } from "./solve-work.ts";

const { engines: names, slow } = enginesUnderTest();
const isChosen = ([name]: readonly [StackEngineName, ...unknown[]]): boolean => names.includes(name);

interface Loaded {
  readonly stack: Stack;
  readonly engine: EngineOperations;
  readonly reference: string;
}

/** An image that only this test has, in an Engine. */
async function load(context: SkippableTest, name: StackEngineName): Promise<Loaded> {
  const stack = await requireStack(context, { engines: [name] });
  const host = stack.engines[name]?.dockerHost ?? "";
  const { solve, engine } = await openDaemon({ host, env: {} }, AbortSignal.timeout(30_000));
  if (engine === undefined) throw new Error("an Engine has operations");
  const reference = `imagespec-test/${randomBytes(6).toString("hex")}:1`;
  const text = `FROM debian:bookworm-slim\nRUN echo ${reference} > /reference\n`;
  await solve(solveWork(text, { kind: "engine", name: reference }));
  return { stack, engine, reference };
}

const { signal } = new AbortController();

describe.each(names)("Engine %s", (name) => {
  test("inspects, tags, saves and removes", async (context) => {
    const { engine, reference } = await load(context, name);
    const other = reference.replace(":1", ":two");
    expect(await engine.inspect(reference)).toMatchObject({ id: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
    await engine.tag(reference, { repository: reference.replace(":1", ""), tag: "two" });
    expect(await engine.inspect(other)).toEqual(await engine.inspect(reference));
    const files: string[] = [];
    for await (const { header, content } of readTar(engine.save(other, { signal }))) {
      files.push(header.path);
      for await (const _ of content);
    }
    expect(files).toContain("manifest.json");
    await engine.remove(reference);
    await engine.remove(other);
    await engine.remove(other);
    expect(await engine.inspect(other)).toBeUndefined();
    await expect(engine.tag(other, { repository: "x", tag: "1" })).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
  });

  test("pushes, and says the digest of the registry", async (context) => {
    const { stack, engine, reference } = await load(context, name);
    const target = `${stack.registry}/${reference}`;
    await engine.tag(reference, { repository: target.replace(/:1$/, ""), tag: "1" });
    const seen = new Set<string>();
    const digest = await engine.push(target, {
      credentials: undefined,
      signal,
      onProgress: ({ status }) => seen.add(status),
    });
    const answer = await fetch(`http://${stack.registry}/v2/${reference.replace(/:1$/, "")}/manifests/1`, {
      method: "HEAD",
      headers: {
        accept: "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json",
      },
    });
    expect(answer.headers.get("docker-content-digest")).toBe(digest);
    expect([...seen]).toContain("Pushed");
    await Promise.all([engine.remove(target), engine.remove(reference)]);
  });
});

/** Pushes by an Engine through a proxy with faults. */
async function pushWith(
  context: SkippableTest,
  name: StackEngineName,
  rule: FaultRule,
  options: Partial<PushOptions> = {},
): Promise<{ readonly failure: unknown; readonly retries: number; readonly ms: number; readonly posts: number }> {
  const { stack, engine, reference } = await load(context, name);
  await using proxy = await startFaultProxy({ target: stack.registry, faults: [rule] });
  const target = `${proxy.address}/${reference}`;
  await engine.tag(reference, { repository: target.replace(/:1$/, ""), tag: "1" });
  let retries = 0;
  const started = performance.now();
  const failure = await engine
    .push(target, { credentials: undefined, signal, onRetry: () => retries++, ...options })
    .then(() => undefined)
    .catch((error: unknown) => error);
  const ms = performance.now() - started;
  await Promise.all([engine.remove(target), engine.remove(reference)]);
  const posts = proxy.requests.filter(({ method }) => method === "POST").length;
  return { failure, retries, ms, posts };
}

const always = (status: number): FaultRule => ({
  times: "always",
  match: { method: ["POST", "PUT", "PATCH"] },
  fault: { kind: "status", status },
});

describe("a push that a registry refuses", () => {
  const refusals: readonly (readonly [StackEngineName, number, string])[] = [
    ["20.10", 401, "REGISTRY_AUTH"],
    ["20.10", 403, "REGISTRY_DENIED"],
    ["28.5", 401, "REGISTRY_AUTH"],
    ["28.5", 403, "REGISTRY_DENIED"],
    ["28.5-containerd", 401, "REGISTRY_AUTH"],
  ];
  test.for(refusals.filter(isChosen))("Engine %s, %i", async ([name, status, code], context) => {
    const { failure } = await pushWith(context, name, always(status));
    expect(failure).toMatchObject({ code });
  });
});

describe("a push that goes wrong once", () => {
  // Engines with the containerd store try again without a word.
  for (const name of names.filter((each) => each !== "28.5-containerd")) {
    test(`Engine ${name}, by 500`, async (context) => {
      const rule: FaultRule = { match: { method: "POST" }, fault: { kind: "status", status: 500 } };
      expect(await pushWith(context, name, rule)).toMatchObject({ failure: undefined, retries: 1 });
    });
    test(`Engine ${name}, by a cut`, async (context) => {
      const rule: FaultRule = { match: { method: "PATCH" }, fault: { kind: "reset", afterBytes: 100 } };
      expect(await pushWith(context, name, rule)).toMatchObject({ failure: undefined, retries: 1 });
    });
  }
});

describe("a push that goes wrong all the time", () => {
  test.runIf(names.includes("20.10"))("is given up as soon as somebody knows that it is in vain", async (context) => {
    const denied = new ImageSpecError("REGISTRY_DENIED", "no right to push");
    const confirm = () => Promise.reject(denied);
    const { failure, retries, ms } = await pushWith(context, "20.10", always(500), { confirm });
    expect(failure).toBe(denied);
    expect(retries).toBeGreaterThan(0);
    expect(ms).toBeLessThan(10_000);
  });

  test.runIf(names.includes("28.5-containerd"))(
    "has the reason that the containerd store keeps to itself, when somebody asks",
    async (context) => {
      const denied = new ImageSpecError("REGISTRY_DENIED", "no right to push");
      const confirm = () => Promise.reject(denied);
      expect(await pushWith(context, "28.5-containerd", always(403), { confirm })).toMatchObject({ failure: denied });
      const { failure } = await pushWith(context, "28.5-containerd", always(403));
      expect(failure).toMatchObject({ code: "REGISTRY_ERROR" });
    },
  );

  test.runIf(slow && names.includes("28.5"))(
    "by 500 and by cuts ends after the Engine's own attempts",
    async (context) => {
      const [error, cut] = await Promise.all([
        pushWith(context, "28.5", always(500)),
        pushWith(context, "20.10", {
          times: "always",
          match: { method: "PATCH" },
          fault: { kind: "reset", afterBytes: 100 },
        }),
      ]);
      expect(error.failure).toMatchObject({ code: "REGISTRY_ERROR" });
      expect(cut.failure).toMatchObject({ code: "REGISTRY_DOWN" });
    },
  );

  test.runIf(names.includes("20.10"))("ends at once when it is aborted", async (context) => {
    const controller = new AbortController();
    const { failure, ms } = await pushWith(context, "20.10", always(500), {
      signal: controller.signal,
      onRetry: () => controller.abort(),
    });
    expect(failure).toMatchObject({ code: "ABORTED" });
    expect(ms).toBeLessThan(10_000);
  });
});
