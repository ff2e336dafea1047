import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { textWidth } from "../../src/output/text-width.ts";
import { writeUv } from "../survival/small-project.ts";
import { runInTerminal, type TerminalRun, terminalMissing } from "./run-in-terminal.ts";
import { type TerminalProject, terminalProject } from "./terminal-project.ts";

let project: TerminalProject;
beforeAll(async () => {
  project = await terminalProject();
});
afterAll(() => project?.[Symbol.asyncDispose]());

async function build(
  size: { readonly columns?: number; readonly rows?: number },
  env: Readonly<Record<string, string>> = {},
): Promise<TerminalRun> {
  const folder = await project.open();
  return runInTerminal(["build"], { ...folder, ...size, env: { ...folder.env, ...env } });
}

describe.skipIf(terminalMissing !== undefined)(
  `a build on a terminal${terminalMissing ? ` (${terminalMissing})` : ""}`,
  () => {
    test.each([
      [80, 24],
      [40, 24],
      [120, 30],
      [60, 4],
    ])("of %i columns and %i rows draws its steps over, and nothing else", async (columns, rows) => {
      const { exitCode, screen } = await build({ columns, rows });
      expect([exitCode, screen.hasLeftTop, screen.unknown]).toEqual([0, false, []]);
      expect(screen.frames.length).toBeGreaterThan(2);
      for (const frame of screen.frames) {
        const lines = frame.trimEnd().split("\n");
        expect(lines.length, frame).toBeLessThan(rows);
        // A line as wide as the terminal may be one that went on in the next row.
        for (const line of lines) expect(textWidth(line), frame).toBeLessThan(columns);
      }
      // In few rows a step that runs is drawn only while none has ended: a quick build may never show it.
      if (rows > 4) expect(screen.frames.join("")).toMatch(/^ {2}[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] /mu);
      expect(screen.text.match(/acme\/train:u1-/g)).toHaveLength(2);
      expect(screen.text).toMatch(/^ {2}acme\/train:u1-.*\n(?: {2}✔ .*\n){5} {2}image /s);
    });

    test.each([
      ["TERM=dumb", { TERM: "dumb" }],
      ["CI", { CI: "true", NO_COLOR: "1" }],
    ])("with %s writes lines only", async (_, env) => {
      const { exitCode, screen, raw } = await build({ columns: 80 }, env);
      expect(exitCode).toBe(0);
      expect(raw).not.toContain("\u001b");
      expect(screen.text).toMatch(/^ {2}acme\/train:u1-.*\n {2}✔ .*\n {2}image .*\n {9}sha256:[0-9a-f]{64}\n$/s);
    });

    test("that is interrupted gives the terminal back", async () => {
      const folder = await project.open();
      const uv = join(folder.cwd, "uv");
      await writeUv(uv, "exec sleep 60");
      const env = { ...folder.env, IMAGESPEC_UV: uv };
      const { exitCode, screen } = await runInTerminal(["build"], { ...folder, env, interruptAt: /resolve/ });
      expect(exitCode).toBe(130);
      expect([screen.isCursorVisible, screen.cursor[1], screen.hasLeftTop]).toEqual([true, 0, false]);
      expect(screen.text).toMatch(/- resolve\b/);
      expect(screen.text).not.toContain("^C");
      expect(screen.text).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/u);
    });
  },
);
