import { ImageSpecError, suggest } from "@imagespec/errors";
import { splitOptions } from "../spec/pip-options.ts";
import { formatRequirement, isRequirement, parseRequirement } from "../spec/requirement.ts";

/** A logical line of a requirements file; `line` is the number of its first one. */
export type RequirementsLine =
  | {
      readonly kind: "requirement";
      readonly line: number /** Normalised, with ` --hash=…` where the file has hashes. */;
      readonly text: string;
    }
  | {
      readonly kind: "include";
      readonly line: number;
      readonly as: "requirement" | "constraint";
      readonly path: string;
    }
  | { readonly kind: "index" | "extra-index"; readonly line: number; readonly url: string }
  | { readonly kind: "option"; readonly line: number; readonly words: readonly string[] };

const flags = ["--pre", "--prefer-binary", "--require-hashes", "--no-index"];
const valued = ["--no-binary", "--only-binary", "--find-links", "--trusted-host", "--use-feature"];
const known = [...flags, ...valued, "--index-url", "--extra-index-url", "--requirement", "--constraint"];
const short: Readonly<Record<string, string>> = {
  "-i": "--index-url",
  "-f": "--find-links",
  "-r": "--requirement",
  "-c": "--constraint",
  "-e": "--editable",
};

/**
 * Reads the text of a requirements file: comments, continued lines, hashes and options (pip's requirements file format).
 *
 * @throws SPEC_REQUIREMENT with every line that is wrong
 */
export function parseRequirementsText(text: string, file: string): readonly RequirementsLine[] {
  const problems: { readonly line: number; readonly message: string; readonly hint: string | undefined }[] = [];
  const lines: RequirementsLine[] = [];
  for (const { line, content } of logicalLines(text)) {
    const result = parseLine(content, line);
    if ("message" in result) problems.push({ line, ...result });
    else lines.push(result);
  }
  const [first] = problems;
  if (first === undefined) return lines;
  const place = ({ line, message }: (typeof problems)[number]) => `${file}:${line}: ${message}`;
  throw new ImageSpecError("SPEC_REQUIREMENT", `requirements: ${problems.map(place).join("; ")}`, {
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    details: { file, line: first.line, path: "requirements" },
    problems: problems.map((problem) => ({
      code: "SPEC_REQUIREMENT" as const,
      path: "requirements",
      message: place(problem),
      ...(problem.hint === undefined ? {} : { hint: problem.hint }),
    })),
  });
}

function* logicalLines(text: string): Generator<{ readonly line: number; readonly content: string }> {
  let pending = "";
  let start = 0;
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .entries()) {
    if (pending === "") start = index + 1;
    // A comment line inside of a continued one ends nothing.
    const isComment = /^\s*#/.test(raw);
    if (!isComment && raw.endsWith("\\")) {
      pending += `${raw.slice(0, -1)} `;
      continue;
    }
    if (isComment && pending !== "") continue;
    const content = (pending + raw).replace(/(?:^|\s)#.*$/, "").trim();
    pending = "";
    if (content !== "") yield { line: start, content };
  }
  if (pending.trim() !== "") yield { line: start, content: pending.trim() };
}

function parseLine(
  content: string,
  line: number,
): RequirementsLine | { readonly message: string; readonly hint: string | undefined } {
  const variable = /\$\{[A-Z0-9_]+\}/.exec(content)?.[0];
  if (variable !== undefined) {
    return {
      message: `"${variable}" is a variable of this machine`,
      hint: "write the value; put credentials into pipIndex or secrets",
    };
  }
  if (content.startsWith("-")) return parseOption(content, line);
  const at = content.search(/\s--?[A-Za-z]/);
  const parsed = parseRequirement(at === -1 ? content : content.slice(0, at));
  if (!isRequirement(parsed)) return { message: parsed.message, hint: parsed.hint };
  const hashes: string[] = [];
  const rest = at === -1 ? [] : content.slice(at).trim().split(/\s+/);
  for (let index = 0; index < rest.length; index++) {
    const word = rest[index] ?? "";
    const hash = word === "--hash" ? rest[++index] : /^--hash=(.+)$/.exec(word)?.[1];
    if (hash === undefined || !/^(?:sha256|sha384|sha512):[0-9a-f]+$/i.test(hash)) {
      return {
        message: `"${word}" cannot follow a requirement`,
        hint: "only --hash=sha256:… may follow; other options need a line of their own",
      };
    }
    hashes.push(hash.toLowerCase());
  }
  const suffix = [...new Set(hashes)]
    .sort()
    .map((hash) => ` --hash=${hash}`)
    .join("");
  return { kind: "requirement", line, text: formatRequirement(parsed) + suffix };
}

function parseOption(
  content: string,
  line: number,
): RequirementsLine | { readonly message: string; readonly hint: string | undefined } {
  const glued = /^(-[irfce])(?=[^\s-])=?(.+)$/.exec(content);
  const words = splitOptions(glued === null ? content : `${glued[1]} ${glued[2]}`);
  if (words === undefined) return { message: `"${content}" has an open quote`, hint: "close the quote" };
  const [head = "", ...tail] = words;
  const equals = head.startsWith("--") ? head.indexOf("=") : -1;
  const written = equals === -1 ? head : head.slice(0, equals);
  const name = short[written] ?? written;
  const values = equals === -1 ? tail : [head.slice(equals + 1), ...tail];
  const [value] = values;
  if (name === "--editable") {
    return {
      message: `"${content}" installs a project of this machine`,
      hint: "copy the project with sourceRoot, and list its dependencies",
    };
  }
  if (flags.includes(name)) {
    return values.length === 0
      ? { kind: "option", line, words: [name] }
      : { message: `"${content}" goes on after "${written}"`, hint: "write one option in each line" };
  }
  if (!known.includes(name)) {
    const meant = suggest(name, known);
    return {
      message: `"${written}" is not an option of requirements files`,
      hint: meant === undefined ? `use one of ${known.join(", ")}` : `did you mean "${meant}"?`,
    };
  }
  if (value === undefined || values.length !== 1)
    return { message: `"${content}" needs one value after "${written}"`, hint: `write "${written} value"` };
  if (name === "--requirement" || name === "--constraint") {
    return { kind: "include", line, as: name === "--constraint" ? "constraint" : "requirement", path: value };
  }
  if (name === "--find-links" && !/^https?:\/\//i.test(value)) {
    return { message: `"${value}" is a folder of this machine`, hint: "use an http or https URL" };
  }
  if (name === "--index-url" || name === "--extra-index-url") {
    if (!/^https?:\/\/[^/]/i.test(value))
      return { message: `"${value}" is not an http or https URL`, hint: "write it as in https://pypi.org/simple" };
    return { kind: name === "--index-url" ? "index" : "extra-index", line, url: value };
  }
  return { kind: "option", line, words: [name, value] };
}
