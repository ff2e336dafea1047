import { readdir } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { ImageSpecError, suggest, systemCodeOf } from "@imagespec/errors";

/** The error for a path of the spec that does not exist, with a near name when there is one. */
export async function missingFile(field: string, path: string, absolute: string): Promise<ImageSpecError> {
  const near = suggest(basename(absolute), await namesBeside(absolute));
  const message = `"${path}" does not exist`;
  const hint =
    near === undefined
      ? "create it, or correct the path; paths are relative to the root folder of the spec"
      : `did you mean "${path.slice(0, path.length - basename(path).length)}${near}"?`;
  return new ImageSpecError("SPEC_FILE_MISSING", `${field}: ${message}`, {
    hint,
    details: { file: absolute, path: field },
    problems: [{ code: "SPEC_FILE_MISSING", path: field, message, hint }],
  });
}

async function namesBeside(path: string): Promise<readonly string[]> {
  try {
    return await readdir(dirname(path));
  } catch (error) {
    if (systemCodeOf(error) !== undefined) return [];
    throw error;
  }
}

/** Whether an error says that a path does not exist. */
export function isMissing(error: unknown): boolean {
  const code = systemCodeOf(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

/** The error for a file that exists and cannot be read. */
export function unreadableFile(field: string, path: string, cause: unknown): ImageSpecError {
  return new ImageSpecError(
    "SPEC_FILE_UNREADABLE",
    `${field}: "${path}" cannot be read (${systemCodeOf(cause) ?? "unknown"})`,
    {
      hint: "make it readable, or exclude it in .dockerignore",
      details: { file: path, path: field },
      cause,
    },
  );
}
