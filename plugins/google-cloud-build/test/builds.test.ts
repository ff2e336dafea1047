import { startStack } from "@imagespec/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, openBench } from "./support/bench.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await openBench(await startStack());
});
afterAll(() => bench?.[Symbol.asyncDispose]());

test("builds what needs a machine, and the registry has what the build says", async () => {
  const image = await bench.build({ commands: ["echo hello > /hello"], env: { A: "$HOME" } });
  expect(image.digest).toMatch(/^sha256:/);
});
