import { ImageSpecError } from "@imagespec/errors";

/** The build argument that stands for a line break: a Dockerfile has no escape for one. */
export const newlineArgument: string = "IMAGESPEC_NEWLINE";

const plain = /^[A-Za-z0-9_.:/@%+,=-]+$/;

/**
 * A value as one word of ENV, LABEL, WORKDIR or USER, so that it arrives as it is: these instructions split words at spaces,
 * expand variables and remove quotes and backslashes.
 */
export function quoteWord(value: string): string {
  if (plain.test(value)) return value;
  const escaped = value.replace(/["$\\]/g, "\\$&").replaceAll("\n", `\${${newlineArgument}}`);
  return `"${escaped}"`;
}

/** The longest line that BuildKit reads, in bytes. */
const maxLine = 65_000;

/** `name=value` of ENV or LABEL. @throws SPEC_VALUE for what is longer than a line of a Dockerfile can be */
export function assignment(name: string, value: string, field: string): string {
  const text = `${quoteWord(name).replaceAll("=", "\\=")}=${value === "" ? '""' : quoteWord(value)}`;
  const size = Buffer.byteLength(text);
  if (size <= maxLine) return text;
  const message = `the value of "${name}" takes ${size} bytes, more than a line of a Dockerfile can have`;
  const hint = "put it into a file that the source brings";
  throw new ImageSpecError("SPEC_VALUE", message, {
    hint,
    problems: [{ code: "SPEC_VALUE", path: field, message, hint }],
  });
}

/** A word of a shell command. */
export function quoteShell(word: string): string {
  if (/^[A-Za-z0-9_.:/@%+,=-]+$/.test(word)) return word;
  // BuildKit looks for "<<" before any shell does.
  return `'${word.replaceAll("'", "'\\''").replaceAll("<<", "<''<")}'`;
}

/** A list as the exec form of ENTRYPOINT, CMD and COPY: JSON, which knows every character. */
export function execForm(words: readonly string[]): string {
  return `[${words.map((word) => JSON.stringify(word)).join(", ")}]`;
}

/** A path as a word of COPY in its JSON form, in which variables are expanded and backslashes removed all the same. */
export function copyPath(path: string): string {
  return path.replace(/["'$\\]/g, "\\$&");
}
