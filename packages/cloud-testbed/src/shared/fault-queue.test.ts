import { expect, test } from "vitest";
import { createFaultQueue, type ScriptedFault } from "./fault-queue.ts";

interface Fault extends ScriptedFault {
  readonly kind: string;
}

test("strikes the calls it was told to, oldest first, and says what waits", () => {
  const faults = createFaultQueue<Fault>();
  faults.push({ op: "A", kind: "late", after: 1 }, { op: "A", kind: "twice", times: 2 }, { op: "B", kind: "other" });
  const struck = Array.from({ length: 4 }, () => faults.take("A")?.kind);
  expect(struck).toEqual(["twice", "late", "twice", undefined]);
  expect(faults.pending).toMatchObject([{ kind: "other" }]);
  expect(faults.take("B", ({ kind }) => kind === "another")).toBeUndefined();
  faults.clear();
  expect(faults.take("B")).toBeUndefined();
});
