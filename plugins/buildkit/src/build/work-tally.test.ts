import { expect, test } from "vitest";
import { WorkTally } from "./work-tally.ts";

test("counts a step by how it ended first, and a transfer by how far it came", () => {
  const tally = new WorkTally();
  tally.add({ type: "step", id: "a", name: "apt", state: "running" });
  tally.add({ type: "step", id: "a", name: "apt", state: "done", ms: 5 });
  tally.add({ type: "step", id: "a", name: "apt", state: "cached", ms: 0 });
  tally.add({ type: "step", id: "b", name: "apt", state: "done", ms: 7 });
  tally.add({ type: "step", id: "c", name: "env", state: "cached", ms: 0 });
  for (const current of [3, 9, 0]) tally.add({ type: "transfer", kind: "pull", item: "x", current, unit: "byte" });
  tally.add({ type: "transfer", kind: "push", item: "x", current: 4, unit: "byte" });
  expect(tally.timings).toEqual({ apt: 12 });
  expect([tally.names("done"), tally.names("cached")]).toEqual([["apt", "apt"], ["env"]]);
  expect([tally.bytes("pull"), tally.bytes("push")]).toEqual([9, 4]);
});
