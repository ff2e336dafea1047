import { expect, test } from "vitest";
import { Interruption } from "./interruption.ts";

function interruption(isFromTerminal = false) {
  const exits: number[] = [];
  return {
    exits,
    one: new Interruption(
      (exitCode) => exits.push(exitCode),
      () => isFromTerminal,
    ),
  };
}

test("the first signal aborts, the second one ends the process", () => {
  const { exits, one } = interruption();
  expect(one.exitCode).toBeUndefined();
  one.receive("SIGINT");
  expect([one.signal.aborted, one.exitCode, exits]).toEqual([true, 130, []]);
  one.receive("SIGTERM");
  expect(exits).toEqual([130]);
});

test("a request to end has an exit code of its own", () => {
  const { one } = interruption();
  one.receive("SIGTERM");
  expect(one.exitCode).toBe(143);
});

test.each([
  [true, ["SIGTERM"]],
  [false, ["SIGINT", "SIGTERM"]],
])("while a program has the signals it gets what a terminal (%s) does not give it", (isFromTerminal, expected) => {
  const { exits, one } = interruption(isFromTerminal);
  const received: string[] = [];
  const handed = one.handOver({ kill: (signal) => received.push(signal) });
  one.receive("SIGINT");
  one.receive("SIGTERM");
  expect(received).toEqual(expected);
  expect([one.signal.aborted, exits]).toEqual([false, []]);
  handed[Symbol.dispose]();
  one.receive("SIGINT");
  expect(one.signal.aborted).toBe(true);
});
