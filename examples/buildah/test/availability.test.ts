import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";
import { temporaryFolder } from "@imagespec/test-support";
import { describe, expect, test } from "vitest";
import { availability } from "../src/availability.ts";

const { signal } = new AbortController();

describe.skipIf(process.getuid?.() !== 0)("as root", () => {
  test("says what to do where there is no buildah", async () => {
    expect(await availability({ command: "buildah-that-is-not-there" }, signal)).toEqual({
      available: false,
      reason: expect.stringContaining("buildah-that-is-not-there"),
      hint: expect.stringMatching(/^install buildah/),
    });
  });

  test.each([
    ["buildah version 1.27.9 (image-spec 1.0.2)", false],
    ["buildah version 1.28.0 (image-spec 1.1.0)", true],
    ["buildah version 2.0.0", true],
    ["something else", false],
  ])("reads %j", async (text, available) => {
    await using folder = await temporaryFolder();
    const command = path.join(folder.path, "buildah");
    await writeFile(command, `#!/bin/sh\necho '${text}'\n`);
    await chmod(command, 0o755);
    expect(await availability({ command }, signal)).toMatchObject({ available });
  });
});
