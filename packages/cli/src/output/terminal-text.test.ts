import fc from "fast-check";
import { expect, test } from "vitest";
import { terminalText } from "./terminal-text.ts";

test("takes terminal codes out and leaves the text", () => {
  expect(terminalText("\u001b[2J\u001b[31mred\u001b[39m\ta\u0007b")).toBe("red\tab");
  expect(terminalText("\u001b]0;title\u0007x")).toBe("x");
});

test("leaves no control character but the tab", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(terminalText(text)).not.toMatch(/(?!\t)\p{Cc}/u);
    }),
  );
});
