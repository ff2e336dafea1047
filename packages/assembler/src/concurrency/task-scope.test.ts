import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createLimiter } from "./limiter.ts";
import { withTaskScope } from "./task-scope.ts";

const never = () => new AbortController().signal;

test("the first failure stops the others and is what the caller gets, after all have ended", async () => {
  const ended: string[] = [];
  const run = withTaskScope(never(), async ({ start, signal }) => {
    void start(async () => {
      await sleep(5000, undefined, { signal }).catch(() => undefined);
      ended.push("slow");
      throw new Error("second");
    });
    const failing = start(async () => {
      throw new Error("first");
    });
    await failing;
  });
  await expect(run).rejects.toThrow("first");
  expect(ended).toEqual(["slow"]);
});

test("a task that nobody awaits also fails the scope", async () => {
  const run = withTaskScope(never(), async ({ start }) => {
    start(async () => {
      await sleep(5);
      throw new Error("late");
    }).catch(() => undefined);
    return "done";
  });
  await expect(run).rejects.toThrow("late");
});

test("the caller's signal reaches the tasks", async () => {
  const controller = new AbortController();
  const run = withTaskScope(controller.signal, ({ signal }) => sleep(5000, "x", { signal }));
  controller.abort(new Error("stop"));
  await expect(run).rejects.toMatchObject({ name: "AbortError" });
});

test("the limiter bounds, keeps the order and survives failures", async () => {
  const limit = createLimiter(2);
  let running = 0;
  let most = 0;
  const order: number[] = [];
  const tasks = [1, 2, 3, 4, 5].map((id) =>
    limit(async () => {
      order.push(id);
      most = Math.max(most, ++running);
      await sleep(2);
      running--;
      if (id === 2) throw new Error("2");
    }),
  );
  const settled = await Promise.allSettled(tasks);
  expect(settled.filter(({ status }) => status === "rejected")).toHaveLength(1);
  expect([most, order]).toEqual([2, [1, 2, 3, 4, 5]]);
});
