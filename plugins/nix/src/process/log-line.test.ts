import fc from "fast-check";
import { expect, test } from "vitest";
import { nameOfPath, parseLogLine } from "./log-line.ts";

const nix = (value: unknown): string => `@nix ${JSON.stringify(value)}`;

test("lines of the structured log are read", () => {
  const drv = "/nix/store/5bv376fm1dsqpq66fl0y0wvh385z8gg8-busybox-1.35.0.drv";
  expect(
    parseLogLine(nix({ action: "start", id: 7, level: 3, type: 105, text: "building", fields: [drv, "", 1, 1] })),
  ).toEqual({
    kind: "start",
    id: 7,
    what: "build",
    item: drv,
  });
  expect(
    parseLogLine(nix({ action: "start", id: 8, type: 101, text: "downloading", fields: ["https://c/x.nar"] })),
  ).toMatchObject({
    what: "download",
    item: "https://c/x.nar",
  });
  expect(parseLogLine(nix({ action: "result", id: 7, type: 101, fields: ["\u001b[31mline\u001b[0m"] }))).toEqual({
    kind: "output",
    id: 7,
    text: "line",
  });
  expect(parseLogLine(nix({ action: "result", id: 8, type: 105, fields: [10, 20, 0, 0] }))).toEqual({
    kind: "progress",
    id: 8,
    done: 10,
    total: 20,
  });
  expect(parseLogLine(nix({ action: "msg", level: 0, msg: "\u001b[31;1merror:\u001b[0m x", raw_msg: "x" }))).toEqual({
    kind: "message",
    level: 0,
    text: "x",
  });
  expect(parseLogLine(nix({ action: "stop", id: 7 }))).toEqual({ kind: "stop", id: 7 });
  expect(parseLogLine("warning: plain")).toEqual({ kind: "message", level: 2, text: "warning: plain" });
});

test("no line breaks the reader", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json().map((text) => `@nix ${text}`),
        fc.string().map((text) => `@nix ${text}`),
      ),
      (line) => {
        parseLogLine(line);
      },
    ),
  );
});

test("names are those of packages", () => {
  expect(nameOfPath("/nix/store/5bv376fm1dsqpq66fl0y0wvh385z8gg8-busybox-1.35.0.drv")).toBe("busybox-1.35.0");
  expect(nameOfPath("/tmp/x/nix/store/5bv376fm1dsqpq66fl0y0wvh385z8gg8-a-b")).toBe("a-b");
});
