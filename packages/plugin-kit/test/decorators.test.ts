import {
  type ImageSpecBuilder,
  withCache,
  withConcurrencyLimit,
  withRecorder,
  withRetry,
  withTimeout,
} from "@imagespec/core";
import { expect, test } from "vitest";
import { createFakeBuilder, runConformance } from "../src/index.ts";

const recorded: unknown[] = [];

test.for<readonly [string, (builder: ImageSpecBuilder) => ImageSpecBuilder]>([
  ["withCache", withCache],
  ["withConcurrencyLimit", (builder) => withConcurrencyLimit(builder, 2)],
  ["withRecorder", (builder) => withRecorder(builder, (build) => recorded.push(build))],
  ["withRetry", (builder) => withRetry(builder, { delayMs: 1 })],
  ["withTimeout", (builder) => withTimeout(builder, 60_000)],
  ["all of them", (builder) => withCache(withRetry(withTimeout(withConcurrencyLimit(builder, 2), 60_000)))],
])("%s passes the suite around the honest builder", async ([, decorate]) => {
  const { results } = await runConformance({ createBuilder: () => decorate(createFakeBuilder()) });
  const failed = results.filter(({ status }) => status === "failed");
  expect(failed.map(({ group, id, error }) => `${group}/${id}: ${error}`)).toEqual([]);
});
