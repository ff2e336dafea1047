import { resolve } from "node:path";
import { ImageSpecError, isImageSpecError, type SpecProblem } from "@imagespec/errors";
import type { LineCounter, ParsedNode, Document as YamlDocument } from "yaml";
import { isPlainObject } from "../spec/check-shape.ts";
import { ImageSpec } from "../spec/image-spec.ts";
import type { ImageSpecInput } from "../spec/image-spec-input.ts";
import { specError } from "../spec/spec-problems.ts";
import type { LoadedSpec, SpecFile } from "./loaded-spec.ts";
import { createLocator, type Locate } from "./locate-field.ts";
import { lockNameOf } from "./lock-name.ts";
import { yamlParser } from "./yaml-parser.ts";

export interface ParseSpecTextOptions {
  /** For messages: `-` for standard input. */
  readonly file: string;
  readonly format: "yaml" | "json";
  /** Folder that the paths of the specs are relative to. @default the working directory */
  readonly root?: string;
}

/** One spec in a text, before it is checked. */
interface RawSpec {
  readonly value: unknown;
  readonly key: string;
  readonly locate: Locate;
}

/**
 * Reads specs from YAML or JSON text: one spec, several YAML documents, or a list under `images`.
 *
 * @throws SPEC_FILE_UNREADABLE for text that cannot be parsed; SPEC_INVALID or the code of the only problem for specs, with
 * `details.file`, `line`, `column` of the first problem and `details.locations` of all
 */
export function parseSpecText(text: string, options: ParseSpecTextOptions): SpecFile {
  const { file } = options;
  const counter = new (yamlParser().LineCounter)();
  const documents = parse(text, counter, options);
  const raws = documents.flatMap((document, index) =>
    rawSpecs(document, index, documents.length, text, counter, options),
  );
  if (raws.length === 0) {
    throw new ImageSpecError("SPEC_FILE_UNREADABLE", `"${file}" has no spec`, {
      hint: 'write at least "packages: []"',
      details: { file },
    });
  }
  const root = resolve(options.root ?? ".");
  const specs: LoadedSpec[] = [];
  const failed: Located[] = [];
  for (const { value, key, locate } of raws) {
    try {
      // The constructor checks what the text has; anything but a mapping is refused by it.
      const spec = new ImageSpec(withoutSchema(value) as ImageSpecInput);
      specs.push({
        spec,
        file,
        root,
        key,
        lockName: lockNameOf(spec, file, raws.length === 1 ? undefined : key),
        locate,
      });
    } catch (error) {
      if (!isImageSpecError(error)) throw error;
      const prefix = raws.length === 1 ? "" : key;
      failed.push(
        ...error.problems.map((problem) => ({ problem: prefixed(problem, prefix), place: locate(problem.path) })),
      );
    }
  }
  if (failed.length > 0) throw locatedError(failed, file);
  return { specs };
}

interface Located {
  readonly problem: SpecProblem;
  readonly place: ReturnType<Locate>;
}

function locatedError(failed: readonly Located[], file: string): ImageSpecError {
  const [first] = failed;
  const details = {
    file,
    ...(first?.place === undefined ? {} : { line: first.place.line, column: first.place.column }),
    locations: failed.map(({ problem, place }) => ({
      path: problem.path,
      file,
      ...(place === undefined ? {} : { line: place.line, column: place.column }),
    })),
  };
  return specError(
    failed.map(({ problem }) => problem),
    details,
  );
}

function prefixed(problem: SpecProblem, key: string): SpecProblem {
  if (key === "") return problem;
  const joint = problem.path === "" || problem.path.startsWith("[") ? "" : ".";
  return { ...problem, path: `${key}${joint}${problem.path}` };
}

function parse(
  text: string,
  counter: LineCounter,
  { file, format }: ParseSpecTextOptions,
): readonly YamlDocument.Parsed[] {
  const parsed = yamlParser().parseAllDocuments(text, {
    lineCounter: counter,
    prettyErrors: false,
    uniqueKeys: true,
    // The parser would print warnings by itself; what is wrong with a spec is said by its checks.
    logLevel: "error",
    // YAML 1.2 reads "yes" and "on" as texts and has no octal surprises.
    version: "1.2",
    ...(format === "json" ? { schema: "json" } : {}),
  });
  const documents = Array.isArray(parsed) ? parsed : [];
  if (format === "json") checkJson(text, file);
  for (const document of documents) {
    const [error] = document.errors;
    if (error === undefined) continue;
    const { line, col } = counter.linePos(error.pos[0]);
    const duplicate = error.code === "DUPLICATE_KEY";
    throw new ImageSpecError("SPEC_FILE_UNREADABLE", `${file}:${line}:${col}: ${lowerFirst(error.message)}`, {
      hint: duplicate ? "remove one of the two" : `correct the ${format === "json" ? "JSON" : "YAML"}`,
      details: { file, line, column: col },
      cause: error,
    });
  }
  return documents.filter((document) => document.contents !== null);
}

/** YAML is wider than JSON: what only YAML accepts is refused in a JSON file. */
function checkJson(text: string, file: string): void {
  try {
    JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const position = /position (\d+)/.exec(error.message)?.[1];
    const before = text.slice(0, position === undefined ? text.length : Number(position)).split("\n");
    const line = before.length;
    const column = (before.at(-1)?.length ?? 0) + 1;
    throw new ImageSpecError("SPEC_FILE_UNREADABLE", `${file}:${line}:${column}: ${lowerFirst(error.message)}`, {
      hint: "correct the JSON",
      details: { file, line, column },
      cause: error,
    });
  }
}

function rawSpecs(
  document: YamlDocument.Parsed,
  index: number,
  count: number,
  text: string,
  counter: LineCounter,
  { file, format }: ParseSpecTextOptions,
): readonly RawSpec[] {
  const { isMap, isSeq } = yamlParser();
  const { contents } = document;
  const toValue = (node: ParsedNode): unknown => {
    try {
      return node.toJS(document, { maxAliasCount: 100 });
    } catch (error) {
      // The parser reports aliases without an anchor, and too many of them, only here.
      if (!(error instanceof ReferenceError)) throw error;
      throw aliasError(error, file, text, counter);
    }
  };
  const locator = (node: ParsedNode): Locate => createLocator(node, text, counter, document);
  const documentKey = count === 1 ? "" : `document ${index + 1}`;
  if (contents === null) return [];
  const images = isMap(contents) ? contents.get("images", true) : undefined;
  if (images === undefined) return [{ value: toValue(contents), key: documentKey || "0", locate: locator(contents) }];
  const others = isMap(contents)
    ? contents.items.map(({ key }) => String(key)).filter((key) => key !== "images" && key !== "$schema")
    : [];
  if (!isSeq(images) || others.length > 0) {
    const what = others.length > 0 ? `"images" stands beside "${others.join('", "')}"` : '"images" is not a list';
    throw new ImageSpecError("SPEC_FILE_UNREADABLE", `${file}: ${what}`, {
      details: { file },
      hint:
        format === "json"
          ? 'write { "images": [ … ] } with complete specs'
          : "write complete specs as list entries below images",
    });
  }
  return images.items.map((item, position) => {
    // Items of a parsed sequence are parsed nodes.
    const node = item as ParsedNode;
    return {
      value: toValue(node),
      key: `${documentKey === "" ? "" : `${documentKey} `}images[${position}]`,
      locate: locator(node),
    };
  });
}

function aliasError(error: ReferenceError, file: string, text: string, counter: LineCounter): ImageSpecError {
  const name = /alias [^:]*: (\S+)$/i.exec(error.message)?.[1];
  const { line, col } = counter.linePos(Math.max(0, name === undefined ? 0 : text.indexOf(`*${name}`)));
  return new ImageSpecError("SPEC_FILE_UNREADABLE", `${file}:${line}:${col}: ${lowerFirst(error.message)}`, {
    hint: name === undefined ? "write the repeated parts out" : `define the anchor &${name} before it is used`,
    details: { file, line, column: col },
    cause: error,
  });
}

/** Editors want `$schema` in the file; it says nothing about the image. */
function withoutSchema(value: unknown): unknown {
  if (!isPlainObject(value) || !Object.hasOwn(value, "$schema")) return value;
  const { $schema: _schema, ...rest } = value;
  return rest;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1).split("\n", 1)[0];
}
