import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { Activities } from "./activities.ts";

test("settling waits for all work, also for what other work begins and for what fails", async () => {
  const activities = new Activities();
  const ended: string[] = [];
  const work = async (name: string, ms: number): Promise<void> => {
    await delay(ms);
    ended.push(name);
  };
  void activities.track(work("first", 10).then(() => activities.track(work("second", 10))));
  const failing = activities.track(delay(15).then(() => Promise.reject(new Error("no"))));
  await Promise.all([expect(failing).rejects.toThrow("no"), activities.settle(5000)]);
  expect(ended).toEqual(["first", "second"]);
});

test("settling does not wait for ever, and not at all when there is nothing to wait for", async () => {
  const activities = new Activities();
  const start = performance.now();
  await activities.settle(5000);
  void activities.track(new Promise(() => undefined));
  await activities.settle(30);
  expect(performance.now() - start).toBeLessThan(20_000);
});
