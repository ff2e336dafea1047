import { expect, test } from "vitest";
import { stepClock } from "../testing/step-clock.ts";
import { createPoller } from "./create-poller.ts";

const signal = new AbortController().signal;
const isFinal = (state: string): boolean => state === "OK";

test("asks once for all that is due, and tells each what is new", async () => {
  const asked: (readonly string[])[] = [];
  const told: string[] = [];
  const poller = createPoller<string>({
    provider: "acme",
    isFinal,
    clock: stepClock(),
    async fetch(ids) {
      asked.push(ids);
      return new Map(ids.map((id) => [id, asked.length > 2 ? "OK" : "RUNNING"]));
    },
  });
  const watch = (id: string) => poller.watch(id, { signal, onState: (state) => void told.push(`${id} ${state}`) });
  expect(await Promise.all([watch("a"), watch("b")])).toEqual(["OK", "OK"]);
  expect(asked).toEqual([
    ["a", "b"],
    ["a", "b"],
    ["a", "b"],
  ]);
  expect(told).toEqual(["a RUNNING", "b RUNNING", "a OK", "b OK"]);
});

test("waits longer while nothing happens, never more than the limit", async () => {
  const clock = stepClock();
  let count = 0;
  const poller = createPoller<string>({
    provider: "acme",
    isFinal,
    clock,
    interval: { firstMs: 100, maxMs: 300 },
    fetch: async () => new Map([["a", ++count > 6 ? "OK" : "RUNNING"]]),
  });
  await poller.watch("a", { signal });
  expect(clock.waits.map(Math.round)).toEqual([100, 100, 150, 225, 300, 300, 300]);
});

test("goes on after failures, and gives up after many or one that lasts", async () => {
  let count = 0;
  const failing = (isTransient: boolean, good: number) =>
    createPoller<string>({
      provider: "acme",
      isFinal,
      clock: stepClock(),
      failures: 3,
      isTransient: () => isTransient,
      async fetch() {
        if (++count >= good) return new Map([["a", "OK"]]);
        throw new Error(`failure ${count}`);
      },
    });
  expect(await failing(true, 3).watch("a", { signal })).toBe("OK");
  count = 0;
  await expect(failing(true, 9).watch("a", { signal })).rejects.toThrow("failure 3");
  count = 0;
  await expect(failing(false, 9).watch("a", { signal })).rejects.toThrow("failure 1");
});

test("lets a build be unknown for a while", async () => {
  let count = 0;
  const poller = (good: number) =>
    createPoller<string>({
      provider: "acme",
      isFinal,
      clock: stepClock(),
      fetch: async () => (++count >= good ? new Map([["a", "OK"]]) : new Map()),
    });
  expect(await poller(3).watch("a", { signal })).toBe("OK");
  count = 0;
  await expect(poller(99).watch("a", { signal })).rejects.toMatchObject({ code: "CLOUD_NOT_FOUND" });
});

test("ends a watch that is aborted, and goes on with the others", async () => {
  const controller = new AbortController();
  let count = 0;
  const poller = createPoller<string>({
    provider: "acme",
    isFinal,
    clock: stepClock(),
    async fetch(ids) {
      if (++count === 2) controller.abort();
      return new Map(ids.map((id) => [id, count > 3 ? "OK" : "RUNNING"]));
    },
  });
  const aborted = poller.watch("a", { signal: controller.signal });
  const other = poller.watch("b", { signal });
  await expect(aborted).rejects.toMatchObject({ code: "ABORTED" });
  expect(await other).toBe("OK");
});
