import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { temporaryFolder } from "./temporary-folder.ts";

test("is there until it is disposed of", async () => {
  let kept = "";
  {
    await using folder = await temporaryFolder();
    kept = folder.path;
    await writeFile(folder.join("a"), "b");
    expect(existsSync(folder.join("a"))).toBe(true);
  }
  expect(kept).not.toBe("");
  expect(existsSync(kept)).toBe(false);
});
