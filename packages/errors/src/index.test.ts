import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import * as errors from "./index.ts";

test("exports exactly this", () => {
  expect(Object.keys(errors).sort()).toEqual([
    "ImageSpecError",
    "abortedError",
    "catalogueEntry",
    "defineErrors",
    "isImageSpecError",
    "messageOf",
    "originOf",
    "redact",
    "registerSecret",
    "sharedErrors",
    "suggest",
    "systemCodeOf",
    "throwIfAborted",
  ]);
});

test("the example of the README prints what its comments say", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const example = /```js\n(.*?)```/s.exec(readme)?.[1] ?? "";
  const expected = [...example.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]);
  const printed: string[] = [];
  const log = (...values: unknown[]) => printed.push(values.join(" "));
  const body = example.replace(/^import (\{[^}]*\}) from "@imagespec\/errors";/, "const $1 = errors;");
  new Function("errors", "console", body)(errors, { log });
  expect(expected.length).toBe(3);
  expect(printed).toEqual(expected);
});
