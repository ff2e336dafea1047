import fc from "fast-check";
import { expect, test } from "vitest";
import { formatCodeFrame } from "./code-frame.ts";
import { plainStyle } from "./style.ts";

const frame = (lineText: string, column: number, length: number, columns = 80) =>
  `\n${formatCodeFrame({ file: "train.image.yaml", line: 3, column, length, lineText }, plainStyle, columns).join("\n")}`;

test("marks the value", () => {
  expect(frame("packages: [pandas, scikit-learnn, attrs]", 20, 13)).toMatchInlineSnapshot(`
    "
        train.image.yaml:3:20   packages: [pandas, scikit-learnn, attrs]
                                                   ~~~~~~~~~~~~~"
  `);
});

test("does not repeat the indentation, and counts a tab as one column", () => {
  expect(frame("    - \tscikit-learnn  ", 8, 13)).toMatchInlineSnapshot(`
    "
        train.image.yaml:3:8   -  scikit-learnn
                                  ~~~~~~~~~~~~~"
  `);
});

test("cuts a long line around the value", () => {
  const line = `packages: [${"numpy, ".repeat(20)}scikit-learnn, ${"attrs, ".repeat(20)}x]`;
  expect(frame(line, line.indexOf("scikit") + 1, 13)).toMatchInlineSnapshot(`
    "
        train.image.yaml:3:152   … numpy, scikit-learnn, attrs, attrs, attrs, attr…
                                          ~~~~~~~~~~~~~"
  `);
});

test("goes below its place where a terminal is narrow", () => {
  expect(frame("packages: [pandas, scikit-learnn, attrs]", 20, 13, 40)).toMatchInlineSnapshot(`
    "
        train.image.yaml:3:20
          packages: [pandas, scikit-learnn…
                             ~~~~~~~~~~~~~"
  `);
});

test("the mark is below what it means, whatever the width", () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z ,]{0,200}$/),
      fc.stringMatching(/^[A-Z]{1,20}$/),
      fc.stringMatching(/^[a-z ,]{0,200}$/),
      fc.integer({ min: 32, max: 200 }),
      (before, word, after, columns) => {
        const [text = "", marks = ""] = formatCodeFrame(
          { file: "a.yaml", line: 1, column: before.length + 1, length: word.length, lineText: before + word + after },
          plainStyle,
          columns,
        ).slice(-2);
        const marked = text.slice(marks.indexOf("~"), marks.length);
        expect(marked.replace("…", "")).not.toBe("");
        expect(word.startsWith(marked.replace("…", ""))).toBe(true);
        expect(text.length).toBeLessThan(columns);
      },
    ),
  );
});
