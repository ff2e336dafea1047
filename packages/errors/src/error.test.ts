import { connect } from "node:net";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test } from "vitest";
import { abortedError, ImageSpecError, isImageSpecError, messageOf, systemCodeOf, throwIfAborted } from "./error.ts";
import { registerSecret } from "./redact.ts";

const forget: (() => void)[] = [];
afterEach(() => {
  for (const one of forget.splice(0)) one();
});

describe("ImageSpecError", () => {
  test("has the origin of its code and empty lists by default", () => {
    const error = new ImageSpecError("REGISTRY_DOWN", "down");
    expect(error).toMatchObject({ origin: "registry", problems: [], details: {}, logTail: [] });
    expect(error.hint).toBeUndefined();
    expect("cause" in error).toBe(false);
    expect(new ImageSpecError("REGISTRY_DOWN", "down", { origin: "daemon" }).origin).toBe("daemon");
  });

  test("is named in its stack and in text", () => {
    const error = new ImageSpecError("INTERNAL", "broken");
    expect(String(error)).toBe("ImageSpecError: broken");
    expect(error.stack).toMatch(/^ImageSpecError: broken\n/);
    expect(Object.keys(error)).not.toContain("name");
  });

  test("redacts message, hint, problems and log", () => {
    forget.push(registerSecret("hunter2"));
    const error = new ImageSpecError("BUILD_FAILED", "a hunter2", {
      hint: "b hunter2",
      problems: [{ code: "SPEC_VALUE", path: "env.X", message: "c hunter2", hint: "d hunter2" }],
      logTail: ["e hunter2"],
      cause: new Error("f hunter2"),
    });
    expect(JSON.stringify(error)).not.toContain("hunter2");
    expect(error.stack).not.toContain("hunter2");
    expect(error.problems).toEqual([{ code: "SPEC_VALUE", path: "env.X", message: "c ***", hint: "d ***" }]);
  });

  test("toJSON leaves out what is empty", () => {
    expect(new ImageSpecError("INTERNAL", "broken").toJSON()).toStrictEqual({
      code: "INTERNAL",
      origin: "builder",
      message: "broken",
    });
    const full = { hint: "report it", details: { a: 1 }, logTail: ["x"], cause: "y" };
    expect(new ImageSpecError("INTERNAL", "broken", full).toJSON()).toMatchObject(full);
  });
});

describe("isImageSpecError", () => {
  test("knows errors of another installed copy, and no lookalikes", () => {
    const other = Object.defineProperty(new Error("x"), Symbol.for("dev.imagespec.error"), { value: true });
    expect(isImageSpecError(Object.assign(other, { code: "INTERNAL" }), "INTERNAL")).toBe(true);
    expect(isImageSpecError(Object.assign(new Error("x"), { code: "INTERNAL" }))).toBe(false);
    for (const value of [undefined, null, "x", {}]) expect(isImageSpecError(value)).toBe(false);
  });

  test("compares the code when one is given", () => {
    const error = new ImageSpecError("INTERNAL", "x");
    expect(isImageSpecError(error)).toBe(true);
    expect(isImageSpecError(error, "INTERNAL")).toBe(true);
    expect(isImageSpecError(error, "ABORTED")).toBe(false);
  });
});

test.each<[unknown, string]>([
  [new Error("a"), "a"],
  [new TypeError(), "TypeError"],
  [Object.assign(new Error(), { code: "ECONNRESET" }), "ECONNRESET"],
  [new AggregateError([new Error("a"), new Error("b"), new Error("a")]), "a; b"],
  [new AggregateError([new Error("a")], "own"), "own"],
  [new AggregateError([]), "AggregateError"],
  [runInNewContext("new Error('other realm')"), "other realm"],
  [{ message: "plain" }, "plain"],
  [Object.create(null), "[object Object]"],
  ["text", "text"],
  [undefined, "undefined"],
  [Symbol("s"), "Symbol(s)"],
])("messageOf %# is %s", (value, message) => {
  expect(messageOf(value)).toBe(message);
});

describe("systemCodeOf", () => {
  test("looks through causes and aggregates, past imagespec's own codes", () => {
    const system = Object.assign(new Error("x"), { code: "ECONNREFUSED" });
    expect(systemCodeOf(system)).toBe("ECONNREFUSED");
    expect(systemCodeOf(new Error("y", { cause: new AggregateError([new Error("z"), system]) }))).toBe("ECONNREFUSED");
    expect(systemCodeOf(new ImageSpecError("ENGINE_DOWN", "no engine", { cause: system }))).toBe("ECONNREFUSED");
    expect(systemCodeOf(new ImageSpecError("EXISTENCE_UNKNOWN", "x"))).toBeUndefined();
    expect(systemCodeOf(Object.assign(new Error("x"), { code: 5 }))).toBeUndefined();
    expect(systemCodeOf("ENOENT")).toBeUndefined();
  });

  test("ends for errors that contain themselves", () => {
    const loop = new Error("x");
    loop.cause = loop;
    const aggregate = new AggregateError([]);
    aggregate.errors.push(aggregate);
    expect(systemCodeOf(loop)).toBeUndefined();
    expect(systemCodeOf(aggregate)).toBeUndefined();
    expect(messageOf(aggregate)).toBe("");
  });

  test("reads what Node.js throws", async () => {
    // Port 1 of the loopback address: nothing listens there.
    const error = await new Promise((resolve) => connect({ port: 1, host: "127.0.0.1" }).once("error", resolve));
    expect(systemCodeOf(error)).toBe("ECONNREFUSED");
  });
});

describe("abortedError and throwIfAborted", () => {
  test("do nothing before the abort", () => {
    throwIfAborted(undefined);
    throwIfAborted(new AbortController().signal);
  });

  test("keep the reason as cause, or throw the ImageSpecError that it is", () => {
    const controller = new AbortController();
    controller.abort("why");
    expect(() => throwIfAborted(controller.signal)).toThrow(expect.objectContaining({ code: "ABORTED", cause: "why" }));
    const timeout = new ImageSpecError("BUILD_TIMEOUT", "too slow");
    expect(abortedError(AbortSignal.abort(timeout))).toBe(timeout);
    expect(abortedError()).toMatchObject({ code: "ABORTED" });
  });
});
