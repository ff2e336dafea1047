import type { SkippableTest } from "@imagespec/test-support";
import { afterAll, beforeEach } from "vitest";
import { type TestBench, testBench } from "./test-bench.ts";

/** One account for the tests of a file, which run one after the other: what one left behind is gone before the next. */
export function sharedBench(
  given: Parameters<typeof testBench>[1] = {},
): (context: SkippableTest) => Promise<TestBench> {
  let bench: Promise<TestBench> | undefined;
  beforeEach(async () => {
    const open = await bench?.catch(() => undefined);
    if (open === undefined) return;
    open.fake.faults.clear();
    open.events.length = 0;
    await open.fake.idle();
  });
  afterAll(async () => {
    await (await bench?.catch(() => undefined))?.[Symbol.asyncDispose]();
  });
  return (context) => {
    bench ??= testBench(context, given);
    return bench;
  };
}
