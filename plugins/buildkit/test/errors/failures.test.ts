import { randomBytes } from "node:crypto";
import type { BuilderEvent } from "@imagespec/core";
import type { PlannedStep } from "@imagespec/dockerfile";
import { isImageSpecError } from "@imagespec/errors";
import { type FaultRule, startFaultProxy } from "@imagespec/plugin-kit";
import { enginesUnderTest, requireStack, type SkippableTest, type StackDaemonName } from "@imagespec/test-support";
import { describe, expect, test } from "vitest";
import { StallWatch } from "../../src/build/stall-watch.ts";
import type { SolveExporter } from "../../src/daemon/daemon.ts";
import { openDaemon } from "../../src/daemon/open-daemon.ts";
import { createProgress } from "../../src/progress/create-progress.ts";
import { ownStack } from "../daemon/own-stack.ts";
import { solveWork } from "../daemon/solve-work.ts";

const { daemons, buildkitd } = enginesUnderTest();

async function hostOf(context: SkippableTest, name: StackDaemonName): Promise<string> {
  if (name === "buildkitd") return (await requireStack(context, { buildkitd: true })).buildkit?.address ?? "";
  return (await requireStack(context, { engines: [name] })).engines[name]?.dockerHost ?? "";
}

interface Attempt {
  readonly failure: unknown;
  readonly events: readonly BuilderEvent[];
  readonly exporter: Readonly<Record<string, string>>;
}

/** Builds, and explains what goes wrong as the builder does. */
async function attempt(
  host: string,
  text: string,
  options: {
    readonly signal?: AbortSignal;
    readonly exporter?: SolveExporter;
    readonly onLog?: () => void;
    readonly steps?: readonly PlannedStep[];
  } = {},
): Promise<Attempt> {
  const events: BuilderEvent[] = [];
  const { exporter, onLog, steps = [], signal = AbortSignal.timeout(120_000) } = options;
  const emit = (event: BuilderEvent): void => {
    events.push(event);
    if (event.type === "log") onLog?.();
  };
  const daemon = await openDaemon({ host, env: {} }, AbortSignal.timeout(30_000));
  const target = exporter?.kind === "push" ? { target: exporter.name } : {};
  const progress = createProgress({ emit, text, steps, daemon: daemon.address, ...target });
  try {
    const result = await daemon.solve(solveWork(text, exporter, { onStatus: progress.update, signal }));
    progress.end();
    return { failure: undefined, events, exporter: result.exporter };
  } catch (error) {
    progress.end(error);
    return { failure: progress.explain(error), events, exporter: {} };
  }
}

const base = "FROM debian:bookworm-slim\n";

describe.each(daemons)("%s", (name) => {
  test("a command that fails: step, exit code, last lines", async (context) => {
    const host = await hostOf(context, name);
    const steps = [{ firstLine: 2, lastLine: 3, name: "command 1", field: "commands[0]" }];
    const text = `${base}RUN echo one; echo two; \\\n    echo three; exit 7\n`;
    const { failure, events } = await attempt(host, text, { steps });
    expect(failure).toMatchObject({
      code: "BUILD_STEP_FAILED",
      message: 'step "command 1" failed with exit code 7',
      problems: [{ path: "commands[0]" }],
      details: { exitCode: 7, step: "command 1" },
      logTail: ["one", "two", "three"],
    });
    expect(events).toContainEqual(
      expect.objectContaining({ type: "step", name: "command 1", spec: "commands[0]", state: "failed" }),
    );
  });

  test("a base that does not exist, and a file that is missing: short texts", async (context) => {
    const host = await hostOf(context, name);
    const { registry } = await requireStack(context);
    const { failure } = await attempt(host, `FROM ${registry}/no/such:1\n`);
    expect(failure).toMatchObject({
      code: "BASE_NOT_FOUND",
      message: `base image "${registry}/no/such:1" does not exist`,
      problems: [{ path: "base" }],
    });
    const missing = await attempt(host, `${base}COPY missing.txt /x\n`);
    expect(missing.failure).toMatchObject({ message: 'step "COPY missing.txt /x" failed: "/missing.txt" not found' });
  });
});

const status = (code: number, match: FaultRule["match"] = { method: ["POST", "PUT", "PATCH"] }): FaultRule => ({
  times: "always",
  match,
  fault: { kind: "status", status: code },
});
const uploads = { method: ["PUT", "PATCH"], path: "/blobs/" };

describe.runIf(buildkitd)("a push by the daemon itself", () => {
  async function push(context: SkippableTest, rule: FaultRule): Promise<Attempt> {
    const { registry, buildkit } = await requireStack(context, { buildkitd: true });
    await using proxy = await startFaultProxy({ target: registry, faults: [rule] });
    const name = `${proxy.address}/imagespec-test/${randomBytes(6).toString("hex")}`;
    // Content that no other repository has: it must be uploaded.
    const text = `${base}RUN head -c 100000 /dev/urandom > /${randomBytes(6).toString("hex")}\n`;
    return await attempt(buildkit?.address ?? "", text, { exporter: { kind: "push", name, insecure: true } });
  }

  test.for<readonly [string, FaultRule, string]>([
    ["401", status(401), "REGISTRY_AUTH"],
    ["403", status(403), "REGISTRY_DENIED"],
    ["429", status(429), "REGISTRY_RATE_LIMITED"],
    [
      "another digest",
      { times: "always", match: { method: "PUT", path: "/manifests/" }, fault: { kind: "wrong-digest" } },
      "DIGEST_MISMATCH",
    ],
  ])("%s", async ([, rule, code], context) => {
    expect((await push(context, rule)).failure).toMatchObject({ code });
  });

  test.for<readonly [string, FaultRule, string]>([
    ["500 each time", status(500), "REGISTRY_ERROR"],
    ["cut each time", { times: "always", match: uploads, fault: { kind: "reset", afterBytes: 100 } }, "REGISTRY_DOWN"],
  ])("%s: retries are told", async ([, rule, code], context) => {
    const { failure, events } = await push(context, rule);
    expect(failure).toMatchObject({ code });
    const retries = events.filter((event) => event.type === "retry");
    expect(retries.length).toBeGreaterThan(1);
    expect(retries[0]).toMatchObject({ what: "export", delayMs: 1000, reason: expect.stringMatching(/./) });
  });

  test.for<readonly [string, FaultRule]>([
    ["500 once", { match: { method: "POST" }, fault: { kind: "status", status: 500 } }],
    ["cut once", { match: uploads, fault: { kind: "reset", afterBytes: 100 } }],
  ])("%s: recovers", async ([, rule], context) => {
    const { failure, exporter } = await push(context, rule);
    expect(failure).toBeUndefined();
    expect(exporter["containerimage.digest"]).toMatch(/^sha256:/);
  });
});

describe.each<"engine" | "buildkitd">(buildkitd ? ["engine", "buildkitd"] : ["engine"])("%s of one's own", (kind) => {
  test("that is killed while a step runs is reported within a second", async (context) => {
    await using own = await ownStack(context, kind);
    let killed = 0;
    const { failure } = await attempt(own.host, `${base}RUN echo go; sleep 60\n`, {
      onLog: () => {
        if (killed > 0) return;
        killed = performance.now();
        own.kill();
      },
    });
    expect(performance.now() - killed).toBeLessThan(1000);
    expect(isImageSpecError(failure, "ENGINE_LOST")).toBe(true);
    await expect(openDaemon({ host: own.host, env: {} }, AbortSignal.timeout(5000))).rejects.toMatchObject({
      code: "ENGINE_DOWN",
    });
  });

  test("that hangs is given up after the stall limit", async (context) => {
    await using own = await ownStack(context, kind);
    // The first build has to fetch its base.
    await attempt(own.host, `${base}RUN true\n`);
    using stall = new StallWatch(2000, own.host);
    let frozen = 0;
    const onLog = () => {
      stall.seen();
      if (frozen > 0) return;
      frozen = performance.now();
      own.freeze();
    };
    const { failure } = await attempt(own.host, `${base}RUN echo go; sleep 60\n`, { onLog, signal: stall.signal });
    expect(performance.now() - frozen).toBeLessThan(3000);
    expect(failure).toMatchObject({ code: "STALLED", message: expect.stringContaining("said nothing for 2 s") });
    own.thaw();
  });

  test("whose disk is full says so", async (context) => {
    await using own = await ownStack(context, kind, { diskMegabytes: 300 });
    const text = `${base}RUN head -c 400000000 /dev/zero > /big\n`;
    const steps = [{ firstLine: 2, lastLine: 2, name: "command 1", field: "commands[0]" }];
    expect((await attempt(own.host, text, { steps })).failure).toMatchObject({ code: "DISK_FULL" });
  });
});
