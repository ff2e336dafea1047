import type { BuilderEvent } from "@imagespec/core";
import { expect, test } from "vitest";
import { createEventRecorder } from "./event-recorder.ts";

const warning: BuilderEvent = { type: "warning", message: "careful" };
const log: BuilderEvent = { type: "log", step: "push", stream: "out", text: "hello" };

test("keeps events in order, by type, until it is cleared", () => {
  const recorder = createEventRecorder<BuilderEvent>();
  const { record } = recorder;
  record(warning);
  record(log);
  expect(recorder.events).toEqual([warning, log]);
  expect(recorder.ofType("log").map(({ text }) => text)).toEqual(["hello"]);
  recorder.clear();
  expect(recorder.events).toEqual([]);
});

test("waits for an event, or gives one that came before", async () => {
  const recorder = createEventRecorder<BuilderEvent>();
  const next = recorder.next("log");
  recorder.record(warning);
  recorder.record(log);
  expect(await next).toBe(log);
  expect(await recorder.next("warning")).toBe(warning);
});
