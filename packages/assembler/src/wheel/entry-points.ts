import { invalidWheel } from "./invalid-wheel.ts";

/** A program that a distribution asks for. */
export interface EntryPoint {
  /** File name of the program. */
  readonly name: string;
  readonly module: string;
  /** Path of the object in the module, such as `main` or `App.run`. */
  readonly object: string;
}

const groups: ReadonlySet<string> = new Set(["console_scripts", "gui_scripts"]);
const identifiers = /^[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*$/u;

/**
 * The programs of an `entry_points.txt`, sorted by name.
 *
 * @throws WHEEL_INVALID for names that would leave the folder or hide the interpreter
 * @see https://packaging.python.org/en/latest/specifications/entry-points/
 */
export function parseEntryPoints(text: string, filename: string): readonly EntryPoint[] {
  const found = new Map<string, EntryPoint>();
  let group = "";
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    const header = /^\[(.*)\]$/.exec(line);
    if (header !== null) {
      group = header[1]?.trim() ?? "";
      continue;
    }
    if (!groups.has(group)) continue;
    const equals = line.indexOf("=");
    const name = line.slice(0, Math.max(0, equals)).trim();
    // Extras behind the object are only a note.
    const [module, object] = line
      .slice(equals + 1)
      .replace(/\[[^[\]]*\]\s*$/, "")
      .split(":")
      .map((part) => part.trim());
    const wellFormed = equals > 0 && module !== undefined && object !== undefined;
    if (!wellFormed || !identifiers.test(module) || !identifiers.test(object))
      throw invalidWheel(filename, `has the entry point "${line.slice(0, 200)}", which names no function`);
    assertProgramName(name, filename);
    found.set(name, { name, module, object });
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether a file of `bin` is the interpreter's, which no wheel may replace. */
export function isInterpreterName(name: string): boolean {
  return /^pythonw?[\d.]*$/i.test(name);
}

function assertProgramName(name: string, filename: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
  if (name !== "" && !/[/\\\x00-\x1f]/.test(name) && !name.startsWith(".") && !isInterpreterName(name)) return;
  throw invalidWheel(filename, `wants a program named "${name}"`);
}
