import { startRegistryServer } from "@imagespec/registry-server";
import { beforeAll, describe, expect, test } from "vitest";
import { formatHelp } from "../../src/arguments/format-help.ts";
import { commands } from "../../src/commands.ts";
import { textWidth } from "../../src/output/text-width.ts";
import { formatOverview } from "../../src/overview.ts";
import { startPretendedEngine } from "./pretended-engine.ts";
import { type PipedRun, runInTerminal, runPiped, type TerminalRun, terminalMissing } from "./run-in-terminal.ts";
import { terminalProject } from "./terminal-project.ts";
import { prepareWalks, type WalkPlace, walks } from "./walks.ts";

const names = [...commands.keys()];
/** What they print is a file, whose lines are as long as they are. */
const verbatim: ReadonlySet<string> = new Set(["schema", "completion", "import"]);

const narrow = new Map<string, TerminalRun>();
const uncoloured = new Map<string, TerminalRun>();
const piped = new Map<string, PipedRun>();

beforeAll(async () => {
  await using project = await terminalProject();
  await using server = await startRegistryServer();
  await using docker = await startPretendedEngine();
  const { indexOrigin, hasShell } = project;
  const config = `${project.config}builders: { assemble: { options: { debian: { main: "${indexOrigin}/debian" } } } }\n`;
  const open = async (): Promise<WalkPlace> => {
    const folder = await project.open();
    await prepareWalks(folder, config);
    return { ...folder, registry: server.address, engine: docker.host, hasShell, image: "" };
  };
  const walkInTerminal = async (found: Map<string, TerminalRun>, columns: number, env = {}): Promise<void> => {
    const place = await open();
    for (const [name, { args, interruptAt }] of Object.entries(walks)) {
      const options = { ...place, env: { ...place.env, ...env }, columns, ...(interruptAt && { interruptAt }) };
      const run = await runInTerminal(args(place), options);
      found.set(name, run);
      if (name === "build") place.image = imageIn(run.screen.text);
    }
  };
  const walkPiped = async (): Promise<void> => {
    const place = await open();
    for (const [name, { args, interruptAt }] of Object.entries(walks)) {
      const run = await runPiped(args(place), { ...place, ...(interruptAt && { interruptAt }) });
      piped.set(name, run);
      if (name === "build") place.image = imageIn(run.stdout);
    }
  };
  await Promise.all([
    walkPiped(),
    ...(terminalMissing === undefined
      ? [walkInTerminal(narrow, 40), walkInTerminal(uncoloured, 80, { NO_COLOR: "1" })]
      : []),
  ]);
});

function imageIn(text: string): string {
  return /acme\/train:u1-[a-z0-9]+/.exec(text)?.[0] ?? "";
}

function words(text: string): string {
  return text.split(/\s+/).join(" ").trim();
}

/** Nothing is left of what was drawn, and the next prompt of a shell stands at the start of a line. */
function expectTidy({ screen }: TerminalRun): void {
  expect(screen.unknown).toEqual([]);
  expect(screen.hasLeftTop).toBe(false);
  expect(screen.isCursorVisible).toBe(true);
  expect(screen.cursor[1]).toBe(0);
  expect(screen.text).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/u);
}

/** Only a word that is wider than the terminal goes on in the next row. */
function expectFits({ screen }: TerminalRun): void {
  const wide = screen.logicalLines.filter((line) => textWidth(line) > screen.columns);
  expect(wide.filter((line) => /\S\s+\S/.test(line))).toEqual([]);
}

// Line ends and, in scripts, tabs.
const controls = /(?![\n\t])\p{Cc}/u;

test("every command has a walk", () => {
  expect(Object.keys(walks).sort()).toEqual([...names].sort());
});

describe.each(names)("%s without a terminal", (name) => {
  test("does what it is for", () => {
    const { exitCodes = [0], shows } = walks[name] ?? { shows: "no walk" };
    const run = piped.get(name);
    expect(exitCodes, run?.stderr).toContain(run?.exitCode);
    const { stdout = "", stderr = "" } = run ?? {};
    expect(words(stderr + stdout)).toContain(shows);
    expect(stdout + stderr).not.toMatch(controls);
    for (const text of [stdout, stderr]) expect(text === "" || text.endsWith("\n")).toBe(true);
  });
});

/** The overview, or what a command says of itself. */
async function helpOf(name: string): Promise<string> {
  const command = await commands.get(name)?.load();
  return command === undefined ? formatOverview() : formatHelp(command);
}

describe.concurrent.each(["", ...names])("%s --help", (name) => {
  const args = name === "" ? ["--help"] : [name, "--help"];

  test("without a terminal", async () => {
    const run = await runPiped(args, { cwd: "/", env: {} });
    expect(run).toEqual({ exitCode: 0, stdout: await helpOf(name), stderr: "" });
  });

  test.skipIf(terminalMissing !== undefined)("on 40 columns", async () => {
    const run = await runInTerminal(args, { cwd: "/", env: {}, columns: 40 });
    expect(run.exitCode).toBe(0);
    expect(words(run.screen.logicalLines.join("\n"))).toBe(words(await helpOf(name)));
    expectTidy(run);
    expectFits(run);
  });
});

describe.skipIf(terminalMissing !== undefined)(`on a terminal${terminalMissing ? ` (${terminalMissing})` : ""}`, () => {
  test.each(names)("%s does what it is for on 40 columns", (name) => {
    const { exitCodes = [0], shows } = walks[name] ?? { shows: "no walk" };
    const run = narrow.get(name);
    if (run === undefined) throw new Error("there was no walk");
    expect(exitCodes, run.screen.text).toContain(run.exitCode);
    // A word may go on in the next row.
    expect(run.screen.text.replace(/\s+/g, "")).toContain(shows.replace(/\s+/g, ""));
    expectTidy(run);
    if (!verbatim.has(name)) expectFits(run);
  });

  test.each(names)("%s has no colours with NO_COLOR", (name) => {
    const { exitCodes = [0] } = walks[name] ?? {};
    const run = uncoloured.get(name);
    if (run === undefined) throw new Error("there was no walk");
    expect(exitCodes, run.screen.text).toContain(run.exitCode);
    expect(run.screen.hasStyle).toBe(false);
    expectTidy(run);
    if (!verbatim.has(name)) expectFits(run);
  });
});
