import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BuildEvent } from "@imagespec/core";
import { ImageSpecError, registerSecret } from "@imagespec/errors";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keptLogs } from "../logs/log-folder.ts";
import { listLogs, readLog } from "../logs/read-log.ts";
import { EventMaker, imageResult } from "../testing/events.ts";
import type { BuildReporter } from "./build-reporter.ts";
import { keepingLog } from "./keeping-log.ts";

let cacheFolder: string;
beforeEach(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), "imagespec-logs-"));
});
afterEach(() => rm(cacheFolder, { recursive: true, force: true }));

const builds = [
  { title: "acme/Träin", facts: ["linux/amd64"], origin: { file: "image.yaml", locate: () => undefined } },
];
const time = new Date("2026-11-25T14:10:13.292Z");

const making = (make: EventMaker): BuildEvent => make.builder({ type: "step", id: "a", name: "a", state: "running" });

function recorder(): BuildReporter & {
  readonly calls: readonly (readonly unknown[])[];
  readonly logs: readonly unknown[];
} {
  const calls: (readonly unknown[])[] = [];
  const logs: unknown[] = [];
  return {
    calls,
    logs,
    event: (position, event) => calls.push(["event", position, event]),
    ended: (position, outcome, log) => {
      calls.push(["ended", position, outcome.status]);
      logs.push(log);
    },
    close: () => calls.push(["close"]),
  };
}

test("keeps all events but the course of transfers, and passes everything on", async () => {
  const make = new EventMaker("acme/train:u1-a");
  const transfer = (current: number): BuildEvent =>
    make.builder({ type: "transfer", kind: "pull", item: "x", current, total: 10, unit: "byte" });
  const error = new ImageSpecError("BUILD_FAILED", "it broke", { hint: "mend it", logTail: ["last words"] });
  const events: BuildEvent[] = [
    make.started(),
    make.builder({ type: "step", id: "a", name: "a", state: "running" }),
    transfer(5),
    transfer(10),
    { ...make.done(imageResult()), error } as BuildEvent,
  ];
  const inner = recorder();
  const reporter = keepingLog(inner, builds, { cacheFolder, time });
  for (const event of events) reporter.event(0, event);
  reporter.ended(0, { status: "rejected", error });
  reporter.close();
  expect(inner.calls).toEqual([...events.map((event) => ["event", 0, event]), ["ended", 0, "rejected"], ["close"]]);

  expect(await listLogs(cacheFolder)).toEqual(["2026-11-25T14-10-13.292Z-acme-tr-in.jsonl"]);
  const log = await readLog(cacheFolder, "2026-11-25T14-10-13.292Z-acme-tr-in.jsonl");
  expect(log?.header).toEqual({
    type: "log",
    version: 1,
    time: time.toISOString(),
    builds: [{ title: "acme/Träin", facts: ["linux/amd64"], file: "image.yaml" }],
  });
  expect(log?.events.map(({ event }) => event.type)).toEqual(["started", "step", "transfer", "done"]);
  const done = log?.events.at(-1)?.event;
  expect(done !== undefined && "error" in done && done.error).toMatchObject({
    code: "BUILD_FAILED",
    hint: "mend it",
    logTail: ["last words"],
  });
});

test("masks secrets, and is for its owner alone", async () => {
  const forget = registerSecret("hunter-2-and-more");
  try {
    const make = new EventMaker("acme/train");
    const reporter = keepingLog(recorder(), builds, { cacheFolder, time });
    reporter.event(
      0,
      make.builder({ type: "log", step: "a", stream: "out", text: "hunter-2-and-more https://u:pw@x.dev\n" }),
    );
    reporter.close();
    const [name = ""] = await listLogs(cacheFolder);
    const file = join(cacheFolder, "logs", name);
    const text = await readFile(file, "utf8");
    expect(text).toContain("*** https://u:***@x.dev");
    expect(text).not.toMatch(/hunter|pw/);
    if (process.platform !== "win32") expect((await stat(file)).mode & 0o777).toBe(0o600);
  } finally {
    forget();
  }
});

test("writes nothing before something happens, and keeps the newest", async () => {
  keepingLog(recorder(), builds, { cacheFolder }).close();
  await expect(readdir(join(cacheFolder, "logs"))).rejects.toThrow("ENOENT");
  const make = new EventMaker("acme/train");
  await mkdir(join(cacheFolder, "logs"));
  await writeFile(join(cacheFolder, "logs", "mine.txt"), "");
  for (let second = 0; second <= keptLogs; second++) {
    const reporter = keepingLog(recorder(), builds, { cacheFolder, time: new Date(time.getTime() + second * 1000) });
    reporter.event(0, making(make));
    reporter.close();
  }
  // Twice within a millisecond: neither is lost.
  const twin = keepingLog(recorder(), builds, { cacheFolder, time: new Date(time.getTime() + keptLogs * 1000) });
  twin.event(0, making(make));
  twin.close();
  const names = await listLogs(cacheFolder);
  expect(names).toHaveLength(keptLogs);
  expect(names.at(-1)).toContain("14-10-15");
  expect(names[1]).toContain(`-${process.pid}.jsonl`);
  expect(await readdir(join(cacheFolder, "logs"))).toContain("mine.txt");
});

test("a folder that cannot be written to costs a warning, once", async () => {
  await writeFile(join(cacheFolder, "logs"), "in the way");
  const inner = recorder();
  const reporter = keepingLog(inner, builds, { cacheFolder });
  const make = new EventMaker("acme/train");
  for (let round = 0; round < 3; round++) reporter.event(0, making(make));
  reporter.close();
  const warnings = inner.calls.filter(([, , event]) => (event as BuildEvent | undefined)?.type === "warning");
  expect(warnings).toHaveLength(1);
  expect(warnings[0]?.[2]).toMatchObject({ message: expect.stringContaining("the log of this build is not kept") });
});

test("an image that was there already leaves no log", async () => {
  const reporter = keepingLog(recorder(), builds, { cacheFolder });
  const make = new EventMaker("acme/train");
  reporter.event(0, make.started());
  reporter.event(0, make.engine({ type: "step", id: "check", name: "check", state: "done" }));
  reporter.event(0, { ...make.done(imageResult({ action: "exists", builder: "" })), builder: "" });
  reporter.close();
  await expect(readdir(join(cacheFolder, "logs"))).rejects.toThrow("ENOENT");
});

test("says how many lines there are to read", () => {
  const inner = recorder();
  const reporter = keepingLog(inner, builds, { cacheFolder });
  const make = new EventMaker("acme/train");
  const error = new ImageSpecError("BUILD_STEP_FAILED", "it broke");
  reporter.ended(0, { status: "rejected", error });
  reporter.event(0, make.builder({ type: "log", step: "a", stream: "out", text: "one\ntw" }));
  reporter.event(0, make.builder({ type: "log", step: "a", stream: "out", text: "o\nthree\n" }));
  reporter.ended(0, { status: "rejected", error });
  reporter.close();
  expect(inner.logs).toEqual([undefined, { lines: 3 }]);
});

test("a log that was cut off is read as far as it goes; another file is none", async () => {
  await mkdir(join(cacheFolder, "logs"));
  const name = "2026-11-25T14-10-13.292Z-x.jsonl";
  const header = JSON.stringify({ type: "log", version: 1, time: time.toISOString(), builds: [] });
  await writeFile(
    join(cacheFolder, "logs", name),
    `${header}\n{"position":0,"type":"started","t":1}\n{"position":0,"ty`,
  );
  expect((await readLog(cacheFolder, name))?.events).toEqual([{ position: 0, event: { type: "started", t: 1 } }]);
  await writeFile(join(cacheFolder, "logs", name), "hello\n");
  expect(await readLog(cacheFolder, name)).toBeUndefined();
});
