import fc from "fast-check";
import { expect, test } from "vitest";
import { stepClock } from "../testing/step-clock.ts";
import { followLog, type LogPage } from "./follow-log.ts";
import { LineSplitter } from "./line-splitter.ts";

const signal = new AbortController().signal;

async function follow(
  pages: readonly (LogPage<string> | undefined | Error)[],
  more: { readonly isLasting?: boolean; readonly failures?: number } = {},
) {
  const lines: string[] = [];
  const warnings: string[] = [];
  const left = [...pages];
  let cursor = "";
  const isWhole = await followLog<string>({
    async read() {
      if (left.length === 0) return { chunks: [], cursor };
      const page = left.shift();
      if (page instanceof Error) throw page;
      cursor = page?.cursor ?? cursor;
      return page;
    },
    onLines: (read) => void lines.push(...read),
    onWarning: (message) => void warnings.push(message),
    ended: Promise.resolve(),
    isLasting: () => more.isLasting === true,
    ...(more.failures === undefined ? {} : { failures: more.failures }),
    clock: stepClock(),
    signal,
  });
  return { lines, warnings, isWhole };
}

test("gives whole lines, also those that come late and after empty pages", async () => {
  const pages = [
    undefined,
    undefined,
    { chunks: ["one\ntw"], cursor: "1" },
    { chunks: [], cursor: "2" },
    { chunks: ["o\n", "three"], cursor: "3" },
    { chunks: [], cursor: "3" },
    { chunks: ["!\nlast"], cursor: "4" },
  ];
  expect(await follow(pages)).toEqual({ lines: ["one", "two", "three!", "last"], warnings: [], isWhole: true });
});

test("does not take a page twice", async () => {
  const page = { chunks: ["a\n"], cursor: "1" };
  expect((await follow([page, page, page])).lines).toEqual(["a"]);
});

test("warns, and never fails", async () => {
  const denied = new Error("denied");
  const first = await follow([denied, denied], { isLasting: true });
  expect(first).toEqual({ lines: [], warnings: ["the log of the build cannot be read: denied"], isWhole: false });
  expect((await follow([denied, { chunks: ["a\n"], cursor: "1" }])).lines).toEqual(["a"]);
  expect((await follow(new Array(9).fill(denied), { failures: 3 })).warnings).toHaveLength(1);
});

test("gives a log up that does not come, some time after the end of the build", async () => {
  expect(await follow(new Array(99).fill(undefined))).toEqual({ lines: [], warnings: [], isWhole: false });
});

test("joins characters that two reads divide", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" })), fc.array(fc.nat()), (texts, cuts) => {
      const text = texts.map((each) => each.replace(/[\r\n]/g, "").replaceAll("\u001b", "")).join("\n");
      const bytes = Buffer.from(`${text}\n`);
      const splitter = new LineSplitter();
      const lines: string[] = [];
      let at = 0;
      for (const cut of [...cuts.map((each) => each % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)) {
        lines.push(...splitter.push(bytes.subarray(at, cut)));
        at = cut;
      }
      expect(lines).toEqual(text.split("\n"));
      expect(splitter.end()).toEqual([]);
    }),
  );
});

test("shows what a terminal would", () => {
  expect(new LineSplitter().push("10%\r100%\r\n\u001b[31mred\u001b[0m\n")).toEqual(["100%", "red"]);
});
