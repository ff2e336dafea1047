import fc from "fast-check";
import { expect, it } from "vitest";
import { LogTail } from "./log-tail.ts";

it("keeps the last 50 lines, as a terminal shows them", () => {
  const tail = new LogTail();
  for (let line = 0; line < 60; line++) tail.push(1, Buffer.from(`line ${line}\n`));
  tail.push(2, Buffer.from("10%\r50%\r100%\r\n\u001b[31merror\u001b[0m: no"));
  expect(tail.lines).toHaveLength(50);
  expect(tail.lines.slice(-3)).toEqual(["line 59", "100%", "error: no"]);
});

it("does not depend on where chunks end", () => {
  const lines = fc.array(
    fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\u001b", "").replace(/[\r\n]/g, "")),
    {
      minLength: 1,
      maxLength: 20,
    },
  );
  fc.assert(
    fc.property(lines, fc.array(fc.nat(40)), (texts, cuts) => {
      const bytes = Buffer.from(`${texts.join("\n")}\n`);
      const tail = new LogTail();
      let at = 0;
      const seen: string[] = [];
      for (const size of [...cuts, bytes.length]) {
        seen.push(...tail.push(1, bytes.subarray(at, at + size)).lines);
        at = Math.min(at + size, bytes.length);
      }
      expect(seen).toEqual(texts);
    }),
  );
});
