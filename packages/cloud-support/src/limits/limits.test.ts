import { ImageSpecError } from "@imagespec/errors";
import { expect, test } from "vitest";
import { stepClock } from "../testing/step-clock.ts";
import { buildCost } from "./build-cost.ts";
import { retryOnce } from "./retry-once.ts";
import { waitForQuota } from "./wait-for-quota.ts";
import { withTimeLimit } from "./with-time-limit.ts";

const signal = new AbortController().signal;
const quota = (isFinal = false) => new ImageSpecError("CLOUD_QUOTA", "full", { details: { isFinal } });

test("a quota is waited for, up to a limit", async () => {
  const waits: number[] = [];
  let count = 0;
  const start = async (): Promise<string> => {
    if (++count < 4) throw quota();
    return "started";
  };
  const options = {
    onWait: ({ delayMs }: { delayMs: number }) => void waits.push(delayMs),
    clock: stepClock(),
    signal,
  };
  expect(await waitForQuota(start, { ...options, limitMs: 60_000 })).toBe("started");
  expect(waits).toEqual([5000, 10_000, 20_000]);
  count = -99;
  await expect(waitForQuota(start, { ...options, limitMs: 60_000 })).rejects.toMatchObject({ code: "CLOUD_QUOTA" });
});

test("a quota of nothing is not waited for", async () => {
  let count = 0;
  const start = async (): Promise<never> => {
    count++;
    throw quota(true);
  };
  const options = { limitMs: 60_000, onWait: () => undefined, clock: stepClock(), signal };
  await expect(waitForQuota(start, options)).rejects.toMatchObject({ code: "CLOUD_QUOTA" });
  expect(count).toBe(1);
});

test("a fault of the service is met once again, a failure is not", async () => {
  const run = (codes: readonly ("CLOUD_BUILD_FAULT" | "BUILD_FAILED")[]) => async (attempt: number) => {
    const code = codes[attempt - 1];
    if (code !== undefined) throw new ImageSpecError(code, `attempt ${attempt}`);
    return attempt;
  };
  const reasons: string[] = [];
  const options = { onRetry: (reason: string) => void reasons.push(reason), signal };
  expect(await retryOnce(run(["CLOUD_BUILD_FAULT"]), options)).toBe(2);
  await expect(retryOnce(run(["CLOUD_BUILD_FAULT", "CLOUD_BUILD_FAULT"]), options)).rejects.toThrow("attempt 2");
  await expect(retryOnce(run(["BUILD_FAILED"]), options)).rejects.toThrow("attempt 1");
  expect(reasons).toEqual(["attempt 1", "attempt 1"]);
});

test("a time limit ends what runs, with its own error", async () => {
  const onLimit = (): ImageSpecError => new ImageSpecError("BUILD_TIMEOUT", "over");
  const never = (given: AbortSignal) =>
    new Promise<never>((_, reject) => given.addEventListener("abort", () => reject(given.reason), { once: true }));
  const options = { limitMs: 1000, onLimit, clock: stepClock() };
  await expect(withTimeLimit(never, { ...options, signal })).rejects.toMatchObject({ code: "BUILD_TIMEOUT" });
  expect(await withTimeLimit(async () => 1, { limitMs: 1e9, onLimit, signal })).toBe(1);
  const controller = new AbortController();
  const slow = withTimeLimit(never, { limitMs: 1e9, onLimit, signal: controller.signal });
  controller.abort(new Error("by hand"));
  await expect(slow).rejects.toThrow("by hand");
});

test("costs begun minutes, and nothing without a rate", () => {
  expect(buildCost(61, { perMinute: 0.005, currency: "USD" })).toEqual({ minutes: 2, amount: 0.01, currency: "USD" });
  expect(buildCost(61, undefined)).toBeUndefined();
});
