import { expect, test } from "vitest";
import { testBench } from "./support/test-bench.ts";

test("asks for little: two requests to start when the context is known, one look behind the end", async (context) => {
  await using bench = await testBench(context);
  const { fake } = bench;
  await bench.write({ "data/text": "the same\n" });
  const input = { name: bench.newName(), baseImage: "scratch", copy: [{ from: "data", to: "/data" }] };
  await bench.build(input);
  const from = fake.requests.length;
  await bench.build(input, { force: true });
  const asked = fake.requests.slice(from).filter(({ service }) => service !== "registry");
  const operations = asked.map(({ operation }) => operation);
  // From the beginning to the start of the build: is the context there, and start.
  expect(operations.slice(0, operations.indexOf("StartBuild") + 1)).toEqual(["HeadObject", "StartBuild"]);
  expect(operations).not.toContain("PutObject");
  // The end of the build is seen by the first look behind it.
  const build = fake.builds.at(-1);
  const ended = new Date(build?.endTime === undefined ? 0 : Number(build.endTime) * 1000).getTime();
  const late = asked.filter(({ operation, at }) => operation === "BatchGetBuilds" && at > ended);
  expect(late.length).toBeLessThanOrEqual(1);
});
