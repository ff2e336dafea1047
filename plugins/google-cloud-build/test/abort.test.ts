import { setTimeout as sleep } from "node:timers/promises";
import type { BuildEvent } from "@imagespec/core";
import { startStack } from "@imagespec/test-support";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { isTerminal } from "../src/client/build-state.ts";
import { openCloudBuild } from "../src/client/cloud-build-adapter.ts";
import { type Bench, openBench, tinySpec } from "./support/bench.ts";

const whole = test.skipIf(process.env["IMAGESPEC_WHOLE"] !== "1");

let bench: Bench;
beforeAll(async () => {
  bench = await openBench(await startStack());
});
afterAll(() => bench?.[Symbol.asyncDispose]());
beforeEach(() => {
  bench.events.length = 0;
});

async function builds() {
  const { google, options } = bench;
  const client = await openCloudBuild({ project: google.project, location: google.location }, options);
  try {
    return await client.listBuilds({ first: 500 }, { signal: AbortSignal.timeout(10_000) });
  } finally {
    await client.close();
  }
}

const isStep = (event: BuildEvent, id: string, state: string): boolean =>
  event.type === "step" && event.id === id && event.state === state;

/** Where something has been asked for. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(10);
}

test("an aborted build is cancelled, in its region, and nothing is tagged", async () => {
  const controller = new AbortController();
  const spec = { commands: ["sleep 300"] };
  const onEvent = (event: BuildEvent): void => {
    if (event.type === "step" && event.spec === "commands[0]" && event.state === "running") controller.abort();
  };
  await expect(bench.build(spec, { signal: controller.signal, onEvent })).rejects.toMatchObject({ code: "ABORTED" });
  expect((await builds())[0]?.status).toBe("CANCELLED");
  const cancel = bench.google.requests.find(({ operation }) => operation === "CancelBuild");
  expect(cancel?.routing).toContain(`location=${bench.google.location}`);
  const last = new Map(
    bench.events.flatMap((event) => (event.type === "step" && event.builder !== "" ? [[event.id, event.state]] : [])),
  );
  expect([...last].filter(([, state]) => state === "running" || state === "queued")).toEqual([]);
});

test("a build whose start was not answered yet is cancelled as well", async () => {
  const controller = new AbortController();
  const before = (await builds()).length;
  bench.google.faults.push({ op: "CreateBuild", error: "UNAVAILABLE", answerLost: true });
  bench.google.scriptBuilds({ queueMs: 60_000 });
  const onEvent = (event: BuildEvent): void => {
    // Told when the answer was lost: the build is there, and its id is not known.
    if (event.type === "retry" && event.what === "start the build") controller.abort();
  };
  await expect(bench.build(tinySpec(), { signal: controller.signal, onEvent })).rejects.toMatchObject({
    code: "ABORTED",
  });
  const after = await builds();
  expect(after.length - before).toBe(1);
  expect(after[0]?.status).toBe("CANCELLED");
});

whole("an abort after the push takes the tag away again", async () => {
  const controller = new AbortController();
  const onEvent = (event: BuildEvent): void => {
    if (isStep(event, "verify", "running")) controller.abort();
  };
  const late = bench.build({ ...tinySpec(), name: "late" }, { signal: controller.signal, onEvent });
  await expect(late).rejects.toMatchObject({ code: "ABORTED" });
  const { google } = bench;
  const tag = bench.events.find((event) => event.type === "started")?.build.split(":")[1] ?? "";
  while ((await google.digestOf(`${google.project}/images/late`, tag)) !== undefined) await sleep(20);
});

whole("with cancelOnAbort off, a build goes on", async () => {
  const controller = new AbortController();
  bench.google.scriptBuilds({ queueMs: 1500 });
  const onEvent = (event: BuildEvent): void => {
    if (isStep(event, "queue", "running")) controller.abort();
  };
  const more = { signal: controller.signal, onEvent, options: { cancelOnAbort: false } };
  await expect(bench.build(tinySpec(), more)).rejects.toMatchObject({ code: "ABORTED" });
  const [build] = await builds();
  expect(build && isTerminal(build)).toBe(false);
  while (!isTerminal((await builds())[0] ?? { status: "QUEUED" })) await sleep(100);
  expect((await builds())[0]?.status).toBe("SUCCESS");
});

whole("a build that does the same is joined, and started anew when its owner cancels it", async () => {
  const spec = { ...tinySpec(), name: "twins" };
  const before = (await builds()).length;
  bench.google.scriptBuilds({ queueMs: 60_000 });
  const owner = new AbortController();
  const first = bench.build(spec, { signal: owner.signal });
  const refused = expect(first).rejects.toMatchObject({ code: "ABORTED" });
  await until(() => bench.events.some((event) => isStep(event, "queue", "running")));
  // As on another machine: on this one, the second waits for the first.
  const second = bench.build(spec, { cache: "other" });
  await until(() => bench.events.filter((event) => isStep(event, "queue", "running")).length === 2);
  expect((await builds()).length - before).toBe(1);
  owner.abort();
  await refused;
  const image = await second;
  expect(image.digest).toMatch(/^sha256:/);
  expect((await builds()).length - before).toBe(2);
});
