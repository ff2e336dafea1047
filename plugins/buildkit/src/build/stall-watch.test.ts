import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { StallWatch } from "./stall-watch.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a daemon that says nothing is noticed, one that speaks is not", () => {
  using watch = new StallWatch(60_000, "unix:///run/docker.sock");
  for (let count = 0; count < 4; count++) {
    vi.advanceTimersByTime(40_000);
    watch.seen();
  }
  expect(watch.signal.aborted).toBe(false);
  vi.advanceTimersByTime(60_000);
  expect(watch.signal.reason).toMatchObject({ code: "STALLED", message: expect.stringContaining("docker.sock") });
});
