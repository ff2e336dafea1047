import { createHash } from "node:crypto";
import { invalidWheel } from "./invalid-wheel.ts";

/** One line of a RECORD file. @see https://packaging.python.org/en/latest/specifications/recording-installed-packages/ */
export interface RecordLine {
  readonly path: string;
  /** `sha256=<base64url without padding>`; empty for RECORD itself and its signatures. */
  readonly hash: string;
  /** Bytes, as written; may be empty. */
  readonly size: string;
}

/** As many as files of an archive. */
const maxLines = 500_000;
/** A path of the greatest length with every character quoted, twice over: beyond it a pattern would run out of stack. */
const maxLine = 256 * 1024;

/** Reads a RECORD file. @throws WHEEL_INVALID */
export function parseRecord(text: string, filename: string): readonly RecordLine[] {
  const lines: RecordLine[] = [];
  for (const line of linesOf(text)) {
    if (line === "") continue;
    const fields = line.length > maxLine ? undefined : splitCsv(line);
    const [path, hash = "", size = ""] = fields ?? [];
    if (path === undefined || path === "" || (fields?.length ?? 0) > 3)
      throw invalidWheel(filename, `has the line "${line.slice(0, 200)}" in its RECORD`);
    if (lines.length === maxLines) throw invalidWheel(filename, `has more than ${maxLines} lines in its RECORD`);
    lines.push({ path, hash, size });
  }
  return lines;
}

/** One at a time: a text of line ends alone would make a list many times its size. */
function* linesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    yield text.slice(start, newline > start && text[newline - 1] === "\r" ? newline - 1 : end);
    start = end + 1;
  }
}

/** The fields of one CSV line; nothing when a quote is never closed. */
function splitCsv(line: string): readonly string[] | undefined {
  if (!line.includes('"')) return line.split(",");
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (let more = true; more; ) {
    const match = field.exec(line);
    if (match === null) return undefined;
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    more = match[3] === ",";
  }
  return field.lastIndex === line.length || line.endsWith('"') ? fields : undefined;
}

/** Writes a RECORD file, in the order of the lines. */
export function formatRecord(lines: readonly RecordLine[]): string {
  return lines.map(({ path, hash, size }) => `${quoteCsv(path)},${hash},${size}\n`).join("");
}

function quoteCsv(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The line of a file that was added. */
export function recordLine(path: string, content: Uint8Array | string): RecordLine {
  const bytes = Buffer.from(content);
  const hash = createHash("sha256").update(bytes).digest("base64url");
  return { path, hash: `sha256=${hash}`, size: String(bytes.length) };
}

const algorithms: ReadonlySet<string> = new Set(["sha256", "sha384", "sha512"]);

/** Splits a RECORD hash; nothing when it is missing or of an algorithm that is too weak. */
export function parseRecordHash(hash: string): { readonly algorithm: string; readonly value: string } | undefined {
  const equals = hash.indexOf("=");
  const algorithm = hash.slice(0, Math.max(0, equals));
  if (!algorithms.has(algorithm)) return undefined;
  return { algorithm, value: hash.slice(equals + 1).replace(/=+$/, "") };
}
