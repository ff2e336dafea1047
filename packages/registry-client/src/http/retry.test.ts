import { ImageSpecError } from "@imagespec/errors";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RetryInfo } from "../registry-client-options.ts";
import { rejection } from "../testing/test-client.ts";
import { AttemptFailure, backOff, parseRetryAfter, retry } from "./retry.ts";

const policy = { attempts: 4, minDelayMs: 1, maxDelayMs: 3 };
const failure = (retryable: boolean, retryAfterMs?: number): AttemptFailure =>
  new AttemptFailure(new ImageSpecError("REGISTRY_ERROR", "no luck"), { retry: retryable, retryAfterMs });

describe("retry", () => {
  test("repeats until it works, and says so each time", async () => {
    const told: RetryInfo[] = [];
    const result = await retry({ ...policy, onRetry: (info) => told.push(info) }, { what: "GET x" }, async (number) => {
      if (number < 3) throw failure(true, number === 2 ? 0 : undefined);
      return number;
    });
    expect(result).toBe(3);
    expect(told.map(({ attempt, what, reason }) => [attempt, what, reason])).toEqual([
      [1, "GET x", "no luck"],
      [2, "GET x", "no luck"],
    ]);
    expect(told[1]?.delayMs).toBe(0);
  });

  test("ends after the last attempt, at once when nothing can change, and for a wait that is too long", async () => {
    for (const [make, expected] of [
      [() => failure(true), 4],
      [() => failure(false), 1],
      [() => failure(true, 3_600_000), 1],
    ] as const) {
      let count = 0;
      const error = await rejection(
        retry(policy, { what: "x" }, async () => {
          count++;
          throw make();
        }),
      );
      expect([error.code, count]).toEqual(["REGISTRY_ERROR", expected]);
    }
  });

  test("an abort ends the wait", async () => {
    const controller = new AbortController();
    const slow = { attempts: 3, minDelayMs: 60_000, maxDelayMs: 60_000 };
    const work = retry(slow, { what: "x", signal: controller.signal }, async () => {
      throw failure(true);
    });
    setTimeout(() => controller.abort(), 5);
    expect((await rejection(work)).code).toBe("ABORTED");
  });
});

test("the delay doubles up to its limit, and at least half of it is kept", () => {
  const wide = { attempts: 9, minDelayMs: 100, maxDelayMs: 1_000 };
  expect([1, 2, 3, 4, 5].map((attempt) => backOff(wide, attempt, () => 1))).toEqual([100, 200, 400, 800, 1_000]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), (attempt) => {
      const delay = backOff(wide, attempt);
      return delay >= 50 && delay <= 1_000;
    }),
  );
});

test("Retry-After holds seconds or a date", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(parseRetryAfter("7", now)).toBe(7_000);
  expect(parseRetryAfter("Thu, 01 Jan 2026 00:00:30 GMT", now)).toBe(30_000);
  expect(parseRetryAfter("Wed, 31 Dec 2025 00:00:30 GMT", now)).toBe(0);
  for (const nonsense of [undefined, "", "-5", "soon", "1.5"]) expect(parseRetryAfter(nonsense, now)).toBeUndefined();
});
