import { expect, test, vi } from "vitest";
import { IdleTimer } from "./idle-timer.ts";

test("fires once idle for its time, and never after its end", () => {
  vi.useFakeTimers();
  try {
    let fired = 0;
    const idle = new IdleTimer(100, () => fired++);
    idle.arm();
    vi.advanceTimersByTime(99);
    idle.arm();
    vi.advanceTimersByTime(99);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(1);
    idle.end();
    idle.arm();
    idle.arm(50);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
