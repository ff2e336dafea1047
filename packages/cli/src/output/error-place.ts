import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { SpecLocation } from "@imagespec/core";
import type { ImageSpecError, SpecProblem } from "@imagespec/errors";

/** Where in a file a problem is. */
export interface ErrorPlace extends SpecLocation {
  /** As the user gave it. */
  readonly file: string;
}

/** What is known of the file that a spec came from. */
export interface SpecOrigin {
  readonly file: string;
  locate(path: string): SpecLocation | undefined;
}

/** The place of a problem: found in the loaded file, else as the error that kept the file from being loaded states it. */
export function placeOfProblem(
  problem: Pick<SpecProblem, "path">,
  error: ImageSpecError,
  origin: SpecOrigin | undefined,
  cwd: string,
): ErrorPlace | undefined {
  const located = problem.path === "" ? undefined : origin?.locate(problem.path);
  if (origin !== undefined && located !== undefined) return { ...located, file: origin.file };
  const { locations } = error.details;
  const stated: unknown = Array.isArray(locations)
    ? locations.find((location: unknown) => field(location, "path") === problem.path)
    : undefined;
  return statedPlace(stated ?? (error.problems.length <= 1 ? error.details : undefined), cwd);
}

/** The place that `{ file, line, column }` means, with the text that is there. */
export function statedPlace(value: unknown, cwd: string): ErrorPlace | undefined {
  const file = field(value, "file");
  const line = field(value, "line");
  const column = field(value, "column");
  if (typeof file !== "string" || typeof line !== "number" || typeof column !== "number") return undefined;
  const lineText = readLine(resolve(cwd, file), line);
  if (lineText === undefined) return undefined;
  const [token = ""] = /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s,\]}#]+)/.exec(lineText.slice(column - 1)) ?? [];
  return { file, line, column, lineText, length: Math.max(1, token.length) };
}

function readLine(file: string, line: number): string | undefined {
  try {
    return readFileSync(file, "utf8").split("\n")[line - 1]?.replace(/\r$/, "");
  } catch {
    // The place is an extra: standard input, or a file that went away, has none.
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  // A record of anything, which is all that is asked of it.
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
