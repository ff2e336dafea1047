import { ImageSpecError } from "@imagespec/errors";
import { describe, expect, it } from "vitest";
import { limitTime, untilAborted } from "./time-limit.ts";

describe("limitTime", () => {
  it("ends with the first of its signals, keeping the reason", () => {
    const controller = new AbortController();
    using limit = limitTime(undefined, undefined, controller.signal);
    expect(limit.signal.aborted).toBe(false);
    const reason = new ImageSpecError("ABORTED", "closed");
    controller.abort(reason);
    expect(limit.signal.reason).toBe(reason);
    using already = limitTime(undefined, controller.signal);
    expect(already.signal.reason).toBe(reason);
  });

  it("is no longer bound to anything when it was disposed of", async () => {
    const controller = new AbortController();
    const limit = limitTime(5, controller.signal);
    limit[Symbol.dispose]();
    controller.abort();
    await new Promise((resolve) => setTimeout(resolve, 15));
    expect(limit.signal.aborted).toBe(false);
  });

  it("says what the limit was", async () => {
    using limit = limitTime(1000 / 100);
    await expect(untilAborted(limit.signal, () => new Promise(() => undefined))).rejects.toMatchObject({
      code: "BUILD_TIMEOUT",
      message: "the build took longer than its limit of 10 ms",
    });
  });
});

describe("untilAborted", () => {
  it("gives the outcome of the work", async () => {
    const { signal } = new AbortController();
    expect(await untilAborted(signal, async () => 1)).toBe(1);
    await expect(untilAborted(signal, () => Promise.reject(new Error("own")))).rejects.toThrow("own");
  });

  it("does not start work for a signal that was triggered", async () => {
    let isStarted = false;
    const work = async (): Promise<void> => {
      isStarted = true;
    };
    await expect(untilAborted(AbortSignal.abort(), work)).rejects.toMatchObject({ code: "ABORTED" });
    expect(isStarted).toBe(false);
  });
});
