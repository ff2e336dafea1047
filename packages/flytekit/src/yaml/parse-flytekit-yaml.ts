import { ImageSpecError } from "@imagespec/errors";
import { type Document, LineCounter, parseAllDocuments, type YAMLError } from "yaml";
import { specFailure } from "../errors/flytekit-error.ts";
import { pythonTypeName } from "../python/python-value.ts";
import type { FlytekitSpec } from "../spec/flytekit-spec.ts";
import { findAnchorProblem } from "./check-anchors.ts";
import { findTab } from "./check-tabs.ts";
import { constructYaml, type YamlFailure } from "./construct-yaml.ts";

/**
 * Reads flytekit's spec file as flytekit does, with the YAML 1.1 of PyYAML: `3.10` is a number, `yes` a bool, the last of two equal
 * keys counts.
 *
 * @throws FLYTEKIT_SPEC with PyYAML's or Python's exception in `details.python`, and `details.file`, `line`, `column`
 */
export function parseFlytekitYaml(text: string, options: { readonly file: string }): FlytekitSpec {
  const { file } = options;
  const lines = new LineCounter();
  const fail = ({ type, message, offset }: YamlFailure): ImageSpecError => {
    const { line, col } = lines.linePos(offset);
    const failure = specFailure({ type, text: message, hint: "correct the YAML: flytekit cannot read it either" });
    return new ImageSpecError("FLYTEKIT_SPEC", `${file}:${line}:${col}: ${message}`, {
      hint: failure.hint ?? "",
      details: { ...failure.details, file, line, column: col },
    });
  };
  const special = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.exec(text);
  if (special !== null) {
    lines.addNewLine(0);
    const code = (special[0].codePointAt(0) ?? 0).toString(16).padStart(4, "0");
    const message = `unacceptable character #x${code}: special characters are not allowed`;
    throw fail({ type: "ReaderError", message, offset: special.index });
  }
  const parsed = parseAllDocuments(text, {
    version: "1.1",
    schema: "failsafe",
    resolveKnownTags: false,
    uniqueKeys: false,
    merge: false,
    prettyErrors: false,
    lineCounter: lines,
    logLevel: "silent",
    keepSourceTokens: true,
  });
  const tab = findTab(text);
  const documents: readonly Document.Parsed[] = Array.isArray(parsed) ? parsed : [];
  const [error] = documents.flatMap(({ errors }) => errors);
  // PyYAML stops at what comes first.
  if (tab !== undefined && (error === undefined || tab <= error.pos[0])) {
    const message = "found character '\\t' that cannot start any token";
    throw fail({ type: "ScannerError", message, offset: tab });
  }
  if (error !== undefined) throw fail(syntaxFailure(error));
  const [first, second] = documents;
  if (second !== undefined) {
    const message = "expected a single document in the stream, but found another document";
    throw fail({ type: "ComposerError", message, offset: second.range[0] });
  }
  const problem = first === undefined ? undefined : findAnchorProblem(first);
  if (problem !== undefined) throw fail(problem);
  const value = first === undefined ? null : constructYaml(first, fail);
  const isMapping = value instanceof Map;
  if (!isMapping) {
    const type = pythonTypeName(value);
    const message = `flytekit.image_spec.image_spec.ImageSpec() argument after ** must be a mapping, not ${type}`;
    throw fail({ type: "TypeError", message, offset: 0 });
  }
  for (const key of value.keys()) {
    if (typeof key !== "string") throw fail({ type: "TypeError", message: "keywords must be strings", offset: 0 });
  }
  // Which fields there are is checked by the constructor, as it is there.
  return Object.fromEntries(value) as FlytekitSpec;
}

/** Codes of what PyYAML's scanner, not its parser, stumbles over. */
const scannerCodes: ReadonlySet<string> = new Set([
  "TAB_AS_INDENT",
  "BAD_DQ_ESCAPE",
  "BAD_SCALAR_START",
  "BLOCK_AS_IMPLICIT_KEY",
  "BLOCK_IN_FLOW",
  "MULTILINE_IMPLICIT_KEY",
  "KEY_OVER_1024_CHARS",
  "BAD_DIRECTIVE",
]);

function syntaxFailure({ code, message, pos }: YAMLError): YamlFailure {
  const isQuote = code === "MISSING_CHAR" && /quote/.test(message);
  // A line without a colon where a key has to be, and a list on the line of its key.
  const isKey = /^Implicit map keys need|^Unexpected block-seq-ind on same line/.test(message);
  const type = scannerCodes.has(code) || isQuote || isKey ? "ScannerError" : "ParserError";
  return { type, message: message.charAt(0).toLowerCase() + message.slice(1).split("\n", 1)[0], offset: pos[0] };
}
