import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Screen } from "./screen.ts";

const program = fileURLToPath(new URL("../../bin/imagespec.js", import.meta.url));

/** Why there is no pseudo-terminal here, if there is none. */
export const terminalMissing: string | undefined = /util-linux/.test(
  spawnSync("script", ["--version"]).stdout?.toString(),
)
  ? undefined
  : "script of util-linux is not installed";

interface Surroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

interface TerminalOptions extends Surroundings {
  /** @default 80 */
  readonly columns?: number;
  /** @default 24 */
  readonly rows?: number;
  /** Ctrl-C is pressed once this is to be seen. */
  readonly interruptAt?: RegExp;
}

/** What a terminal showed. */
export interface TerminalRun {
  readonly exitCode: number;
  readonly screen: Screen;
  /** Everything that was written to it. */
  readonly raw: string;
}

/** Runs the built command on a pseudo-terminal, which is its standard input, output and error. */
export async function runInTerminal(args: readonly string[], options: TerminalOptions): Promise<TerminalRun> {
  const { columns = 80, rows = 24, cwd, env, interruptAt } = options;
  const command = [process.execPath, program, ...args].map(quote).join(" ");
  const child = spawn("script", ["-qefc", `stty cols ${columns} rows ${rows}; exec ${command}`, "/dev/null"], {
    cwd,
    env: { TERM: "xterm-256color", SHELL: "/bin/sh", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let raw = "";
  let isInterrupted = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    raw += text;
    if (isInterrupted || interruptAt === undefined || !interruptAt.test(raw)) return;
    isInterrupted = true;
    child.stdin.write("\u0003");
  });
  // Holds: that is what the event passes.
  const [exitCode] = (await once(child, "close")) as [number];
  return { exitCode, screen: new Screen(columns, rows).write(raw), raw };
}

/** What a run without a terminal came to. */
export interface PipedRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command with pipes for standard output and error, and nothing to read. */
export async function runPiped(
  args: readonly string[],
  { cwd, env, interruptAt }: Surroundings & Pick<TerminalOptions, "interruptAt">,
): Promise<PipedRun> {
  const child = spawn(process.execPath, [program, ...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  let isInterrupted = false;
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
      if (isInterrupted || interruptAt === undefined || !interruptAt.test(output[name])) return;
      isInterrupted = true;
      child.kill("SIGINT");
    });
  const [exitCode] = (await once(child, "close")) as [number];
  return { exitCode, ...output };
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
