import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";

/** What the help of a sub-command says that it accepts. */
interface Accepted {
  /** With the hyphens: `--registry`, `-q`. */
  readonly options: ReadonlyMap<string, { readonly takesValue: boolean }>;
  /** Words that have to come first: `serve`. */
  readonly actions: ReadonlySet<string>;
}

const known = new Map<string, Promise<Accepted | undefined>>();

/** What is wrong with a command line of the built `imagespec`, without the program's name. */
export async function checkImagespec(args: readonly string[], root: string): Promise<string | undefined> {
  const [command = "", ...rest] = args;
  if (command === "--help" || command === "--version") return undefined;
  const accepted = await acceptedBy(command, root);
  if (accepted === undefined) return `imagespec has no command "${command}"`;
  const end = rest.indexOf("--");
  const own = end === -1 ? rest : rest.slice(0, end);
  const positionals: string[] = [];
  for (let index = 0; index < own.length; index++) {
    const word = own[index] ?? "";
    if (!/^-./.test(word)) {
      positionals.push(word);
      continue;
    }
    const [flag = ""] = word.split("=", 1);
    const option = accepted.options.get(flag);
    if (option === undefined) return `"imagespec ${command}" has no option "${flag}"`;
    if (option.takesValue && flag === word) index++;
  }
  const [action = ""] = positionals;
  if (accepted.actions.size > 0 && !accepted.actions.has(action)) return `"imagespec ${command}" has no "${action}"`;
  return undefined;
}

function acceptedBy(command: string, root: string): Promise<Accepted | undefined> {
  const asked = known.get(command) ?? askForHelp(command, root);
  known.set(command, asked);
  return asked;
}

async function askForHelp(command: string, root: string): Promise<Accepted | undefined> {
  const program = path.join(root, "packages", "cli", "bin", "imagespec.js");
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [program, command, "--help"], {
      // Its dependencies bring commands of their own.
      cwd: path.join(root, "examples", "docs"),
    });
    return parseHelp(stdout, command);
  } catch (error) {
    // It says itself what it does not know; anything else is a build that is missing or broken.
    if (error instanceof Error && "code" in error && error.code === 2) return undefined;
    throw error;
  }
}

function parseHelp(help: string, command: string): Accepted {
  const rows = help.matchAll(/^ {2}(?:(-\w), | {4})(--[\w-]+)( [^\s]+)?(?: {2}|$)/gm);
  const options = [...rows].flatMap(([, short, long = "", value]) => {
    const entry = { takesValue: value !== undefined };
    return [[long, entry] as const, ...(short === undefined ? [] : [[short, entry] as const])];
  });
  const usage = help.matchAll(new RegExp(`^(?:usage:| {6}) imagespec ${command} ([a-z]+)\\b`, "gm"));
  return { options: new Map(options), actions: new Set([...usage].map(([, action = ""]) => action)) };
}
