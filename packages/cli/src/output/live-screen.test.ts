import { expect, test } from "vitest";
import { LiveScreen } from "./live-screen.ts";

/** A terminal that understands just the codes that are used. */
class Screen {
  readonly columns = 30;
  readonly rows = 6;
  readonly isTTY = true;
  lines: string[] = [""];
  write(text: string): void {
    // The pattern takes the codes and the line breaks apart from the text.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal codes are what is read here
    for (const part of text.split(/(\u001b\[[?0-9]*[a-zA-Z]|\r|\n)/)) {
      const up = /\[(\d+)A$/.exec(part)?.[1];
      if (up !== undefined) this.lines = [...this.lines.slice(0, -1 - Number(up)), ""];
      else if (part === "\n") this.lines.push("");
      else if (!part.startsWith("\u001b") && part !== "\r") this.lines[this.lines.length - 1] += part;
    }
  }
}

test("redraws the live lines below the permanent ones", () => {
  const screen = new Screen();
  const live = new LiveScreen(screen);
  live.draw([], ["a 1", "b 1"]);
  live.draw(["done"], ["a 2", "b 2", "c 2"]);
  live.draw([], ["a 3"]);
  expect(screen.lines).toEqual(["done", "a 3", ""]);
  live.end(["end"]);
  expect(screen.lines).toEqual(["done", "end", ""]);
});

test("cuts what is wider or higher than the terminal", () => {
  const screen = new Screen();
  const live = new LiveScreen(screen);
  live.draw(
    [],
    Array.from({ length: 9 }, (_, index) => `${index} ${"x".repeat(50)}`),
  );
  expect(screen.lines.slice(0, -1).map((line) => line.length)).toEqual([29, 29, 29, 29, 10]);
  expect(screen.lines.at(-2)).toBe("  … 5 more");
  live.end([]);
  expect(screen.lines).toEqual([""]);
});
