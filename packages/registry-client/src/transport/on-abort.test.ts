import { setMaxListeners } from "node:events";
import { expect, test } from "vitest";
import { onAbort } from "./on-abort.ts";

test("a signal whose owner set no limit of listeners is as good as any", () => {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  let calls = 0;
  const stop = onAbort(controller.signal, () => calls++);
  onAbort(controller.signal, () => calls++);
  stop();
  controller.abort();
  expect(calls).toBe(1);
});
