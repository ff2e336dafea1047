import { parseSpecText, specFields } from "@imagespec/core";
import { isImageSpecError } from "@imagespec/errors";
import { parseAllDocuments } from "yaml";
import { type CodeBlock, hasDirective, placeOf } from "./code-block.ts";

/** What is wrong with a block of YAML or JSON; a spec has to be one that is accepted, or refused where it is marked so. */
export function checkData(block: CodeBlock, format: "yaml" | "json"): readonly string[] {
  const place = placeOf(block);
  const documents = parseAllDocuments(block.code, { version: "1.2", ...(format === "json" ? { schema: "json" } : {}) });
  const errors = [...documents].flatMap((document) => document.errors.map(({ message }) => `${place}: ${message}`));
  if (format === "json") errors.push(...jsonErrors(block.code, place));
  if (errors.length > 0 || hasDirective(block, "not-a-spec") || isNamedOtherwise(block)) return errors;
  const isSpec = [...documents].some((document) => hasSpecField(document.toJS()));
  if (!isSpec) return hasDirective(block, "bad") ? [`${place}: this is no spec`] : [];
  try {
    parseSpecText(block.code, { file: place, format });
  } catch (error) {
    if (!isImageSpecError(error)) throw error;
    return hasDirective(block, "bad") ? [] : [`${place}: ${error.message}`];
  }
  return hasDirective(block, "bad") ? [`${place}: this spec is marked as bad, but it is accepted`] : [];
}

/** `package.json`, `imagespec.config.yaml` and the like. */
function isNamedOtherwise({ name }: CodeBlock): boolean {
  return name !== undefined && !/(?:^|\.)(?:image|imagespec)\.(?:ya?ml|json)$/.test(name);
}

/** What is wrong with lines of JSON. */
export function checkJsonLines(block: CodeBlock): readonly string[] {
  return block.code
    .trimEnd()
    .split("\n")
    .flatMap((line, index) => jsonErrors(line, `${block.file}:${block.line + index}`));
}

function jsonErrors(text: string, place: string): readonly string[] {
  try {
    JSON.parse(text);
    return [];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return [`${place}: ${error.message}`];
  }
}

function hasSpecField(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.keys(value).some((key) => key === "images" || Object.hasOwn(specFields, key));
}
