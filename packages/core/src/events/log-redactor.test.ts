import { registerSecret } from "@imagespec/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LogRedactor } from "./log-redactor.ts";

describe("LogRedactor", () => {
  it("masks a secret wherever the chunks are cut", () => {
    const secret = "pass-word-1234567";
    using _forget = { [Symbol.dispose]: registerSecret(secret) };
    const text = `first line\r\nlogin ${secret} done\nprogress 1%\rprogress 2%\rlast ${secret}`;
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: text.length })), (cuts) => {
        const chunks: string[] = [];
        const log = new LogRedactor((chunk) => chunks.push(chunk));
        const places = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        for (const [index, place] of places.entries()) log.write(text.slice(places[index - 1] ?? 0, place));
        log.flush();
        expect(chunks.join("")).toBe(text.replaceAll(secret, "***"));
        expect(log.tail).toEqual(["first line", "login *** done", "progress 1%", "progress 2%", "last ***"]);
      }),
    );
  });

  it("passes on a line that does not end, but for its last part", () => {
    const secret = "another-secret-value";
    using _forget = { [Symbol.dispose]: registerSecret(secret) };
    const chunks: string[] = [];
    const log = new LogRedactor((chunk) => chunks.push(chunk));
    log.write("x".repeat(16 * 1024 - 10));
    log.write(`${secret.slice(0, 12)}`);
    expect(chunks).toHaveLength(1);
    log.write(secret.slice(12));
    log.flush();
    expect(chunks.join("")).toBe(`${"x".repeat(16 * 1024 - 10)}***`);
  });

  it("keeps the last lines", () => {
    const log = new LogRedactor(() => undefined, 3);
    for (let line = 1; line <= 10; line++) log.write(`line ${line}\n\n`);
    expect(log.tail).toEqual(["line 8", "line 9", "line 10"]);
  });
});
