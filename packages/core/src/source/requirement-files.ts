import { readFile } from "node:fs/promises";
import { isAbsolute, join, posix } from "node:path";
import { ImageSpecError, systemCodeOf } from "@imagespec/errors";
import { digestOf } from "@imagespec/oci";
import { splitLogin } from "../spec/index-login.ts";
import type { ResolvedRequirementsFile } from "../spec/resolved-spec.ts";
import { isMissing, missingFile, unreadableFile } from "./missing-file.ts";
import { parseRequirementsText, type RequirementsLine } from "./requirements-text.ts";

/** What a requirements file and those it includes come to. */
export interface ReadRequirements {
  readonly lines: readonly string[];
  readonly constraints: readonly string[];
  /** `--index-url` of a file. */
  readonly index: string | undefined;
  readonly extraIndexes: readonly string[];
  /** Other options that the installation takes: `--pre`, `--no-binary`, `--find-links`, … */
  readonly options: readonly string[];
  readonly files: readonly ResolvedRequirementsFile[];
}

/** Reads one file of the spec, relative to the root. */
export async function readSpecFile(root: string, path: string, field: string): Promise<ResolvedRequirementsFile> {
  const absolute = join(root, path);
  try {
    const bytes = await readFile(absolute);
    return Object.freeze({
      path,
      digest: digestOf(bytes),
      text: new TextDecoder("utf-8", { fatal: true }).decode(bytes),
    });
  } catch (error) {
    if (isMissing(error)) throw await missingFile(field, path, absolute);
    if (error instanceof TypeError) {
      throw new ImageSpecError("SPEC_FILE_UNREADABLE", `${field}: "${path}" is not UTF-8`, {
        hint: "save it as UTF-8",
        details: { file: absolute },
        cause: error,
      });
    }
    if (systemCodeOf(error) === undefined) throw error;
    throw unreadableFile(field, path, error);
  }
}

/**
 * Reads a requirements.txt with everything that it includes by `-r` and `-c`. Index options are honoured; what would take
 * something from this machine (`-e`, paths, `${VARIABLES}`, credentials) is refused.
 *
 * @throws SPEC_FILE_MISSING, SPEC_FILE_UNREADABLE, SPEC_REQUIREMENT, SPEC_CONFLICT
 */
export async function readRequirements(root: string, path: string): Promise<ReadRequirements> {
  const lines: string[] = [];
  const constraints: string[] = [];
  const extraIndexes: string[] = [];
  const options: string[] = [];
  const files = new Map<string, ResolvedRequirementsFile>();
  const seen = new Set<string>();
  let index: string | undefined;

  const read = async (file: string, kind: "requirement" | "constraint") => {
    const key = `${kind} ${file}`;
    if (seen.has(key)) return;
    seen.add(key);
    const content = files.get(file) ?? (await readSpecFile(root, file, "requirements"));
    files.set(file, content);
    for (const line of parseRequirementsText(content.text, file)) {
      switch (line.kind) {
        case "requirement":
          refuseLogin(line, file, line.text);
          (kind === "requirement" ? lines : constraints).push(line.text);
          break;
        case "include":
          await read(resolveInclude(line, file), line.as === "constraint" ? "constraint" : kind);
          break;
        case "index":
          refuseLogin(line, file, line.url);
          if (index !== undefined && index !== line.url) {
            throw lineError(
              line,
              file,
              "SPEC_CONFLICT",
              `"${line.url}" is a second index beside "${index}"`,
              "use --extra-index-url",
            );
          }
          index = line.url;
          break;
        case "extra-index":
          refuseLogin(line, file, line.url);
          extraIndexes.push(line.url);
          break;
        case "option":
          for (const word of line.words) refuseLogin(line, file, word);
          options.push(...line.words);
      }
    }
  };
  await read(path, "requirement");
  return {
    lines,
    constraints,
    index,
    extraIndexes: [...new Set(extraIndexes)],
    options,
    files: [...files.values()],
  };
}

/** Includes are relative to the file that has them. */
function resolveInclude(line: Extract<RequirementsLine, { kind: "include" }>, file: string): string {
  if (/^[a-z]+:\/\//i.test(line.path)) {
    throw lineError(
      line,
      file,
      "SPEC_REQUIREMENT",
      `"${line.path}" is a URL`,
      "download the file and include it by its path",
    );
  }
  if (isAbsolute(line.path)) {
    throw lineError(
      line,
      file,
      "SPEC_PATH_OUTSIDE",
      `"${line.path}" is an absolute path`,
      "write it relative to the file",
    );
  }
  return posix.normalize(posix.join(posix.dirname(file), line.path));
}

function refuseLogin(line: RequirementsLine, file: string, text: string): void {
  const url = text.slice(Math.max(0, text.search(/(?:git\+)?https?:\/\//i)));
  const { login } = splitLogin(url.split(/\s/, 1)[0] ?? url);
  if (login === undefined) return;
  throw lineError(
    line,
    file,
    "SPEC_REQUIREMENT",
    `the URL for "${login.origin}" has credentials`,
    "move the index with its credentials to pipIndex or pipExtraIndexUrl",
  );
}

/** An error about one line of a requirements file. */
export function lineError(
  { line }: { readonly line: number },
  file: string,
  code: "SPEC_REQUIREMENT" | "SPEC_CONFLICT" | "SPEC_PATH_OUTSIDE",
  message: string,
  hint: string,
): ImageSpecError {
  return new ImageSpecError(code, `requirements: ${file}:${line}: ${message}`, {
    hint,
    details: { file, line, path: "requirements" },
    problems: [{ code, path: "requirements", message: `${file}:${line}: ${message}`, hint }],
  });
}
