import { type Document, isAlias, isMap, isScalar, isSeq, type Node, Scalar, type YAMLMap } from "yaml";
import { DictBuilder } from "../python/dict-builder.ts";
import { type PythonDict, PythonTuple, type PythonValue, pythonTypeName } from "../python/python-value.ts";
import { implicitTag, scalarValue } from "./python-scalar.ts";

/** What PyYAML ends with, and where. */
export interface YamlFailure {
  readonly type: string;
  readonly message: string;
  readonly offset: number;
}

type Fail = (failure: YamlFailure) => Error;

const prefix = "tag:yaml.org,2002:";

/** The value that PyYAML's safe loader makes of a document. */
export function constructYaml(document: Document.Parsed, fail: Fail): PythonValue {
  return new Constructor(document, fail).value(document.contents);
}

class Constructor {
  readonly #document: Document.Parsed;
  readonly #fail: Fail;
  /** Nodes in the making: what is inside of itself has no text. */
  readonly #open = new Set<Node>();
  readonly #merging = new Set<Node>();

  constructor(document: Document.Parsed, fail: Fail) {
    this.#document = document;
    this.#fail = fail;
  }

  value(given: unknown): PythonValue {
    const node = this.#resolve(given);
    if (node === null) return null;
    if (this.#open.has(node)) throw this.#error(node, "found a value that contains itself");
    this.#open.add(node);
    try {
      if (isScalar(node)) return this.#scalar(node);
      if (isSeq(node)) return this.#sequence(node.items, tagOf(node) ?? "seq", node);
      if (isMap(node)) return this.#mapping(node, tagOf(node) ?? "map");
      throw this.#error(node, "found a node of an unknown kind");
    } finally {
      this.#open.delete(node);
    }
  }

  #resolve(given: unknown): Node | null {
    if (given === null || given === undefined) return null;
    // The parser makes nodes only.
    const node = given as Node;
    if (!isAlias(node)) return node;
    const target = node.resolve(this.#document);
    if (target !== undefined) return target;
    const message = `found undefined alias '${node.source}'`;
    throw this.#fail({ type: "ComposerError", message, offset: node.range?.[0] ?? 0 });
  }

  #scalar(node: Scalar): PythonValue {
    const text = typeof node.value === "string" ? node.value : "";
    const tag = scalarTag(node, text);
    const value = scalarValue(tag, text);
    if (value !== undefined) return value;
    const known = ["int", "float", "bool", "timestamp"].includes(tag);
    if (!known) throw this.#unknownTag(node, tag);
    const type = tag === "bool" ? "KeyError" : "ValueError";
    throw this.#fail({ type, message: `"${text}" is no ${tag}`, offset: node.range?.[0] ?? 0 });
  }

  #sequence(items: readonly unknown[], tag: string, node: Node): PythonValue {
    if (tag === "seq") return items.map((item) => this.value(item));
    if (tag !== "omap" && tag !== "pairs") throw this.#unknownTag(node, tag);
    return items.map((item) => {
      const value = this.value(item);
      const [entry, ...others] = value instanceof Map ? [...value] : [];
      if (entry === undefined || others.length > 0) throw this.#error(node, "expected a mapping of length 1");
      return new PythonTuple(entry);
    });
  }

  #mapping(node: Node, tag: string): PythonValue {
    if (tag !== "map") throw this.#unknownTag(node, tag);
    const dict = new DictBuilder();
    for (const [keyNode, valueNode] of this.#flatten(node)) {
      const key = this.value(keyNode);
      if (["list", "dict"].includes(pythonTypeName(key))) throw this.#error(node, "found unhashable key");
      dict.set(key, this.value(valueNode));
    }
    return dict.dict satisfies PythonDict;
  }

  /** Merged entries come before the mapping's own. One that is merged into itself adds nothing. */
  #flatten(node: Node): readonly (readonly [unknown, unknown])[] {
    if (!isMap(node) || this.#merging.has(node)) return [];
    this.#merging.add(node);
    try {
      return this.#flattenOnce(node);
    } finally {
      this.#merging.delete(node);
    }
  }

  #flattenOnce(node: YAMLMap): readonly (readonly [unknown, unknown])[] {
    const merged: (readonly (readonly [unknown, unknown])[])[] = [];
    const own: (readonly [unknown, unknown])[] = [];
    for (const { key, value } of node.items) {
      const isMerge = isScalar(key) && scalarTag(key, String(key.value ?? "")) === "merge";
      if (!isMerge) {
        own.push([valueKey(key), value]);
        continue;
      }
      const target = this.#resolve(value);
      if (isMap(target)) merged.push(this.#flatten(target));
      else if (isSeq(target)) {
        for (const item of target.items) {
          const part = this.#resolve(item);
          if (!isMap(part)) throw this.#error(node, "expected a mapping for merging");
          merged.push(this.#flatten(part));
        }
      } else throw this.#error(node, "expected a mapping or list of mappings for merging");
    }
    // In the order in which they are merged, where what comes first wins: set last, it keeps its place.
    return [...merged.flat(), ...[...merged].reverse().flat(), ...own];
  }

  #unknownTag(node: Node, tag: string): Error {
    const full = tag.startsWith("!") || tag.includes(":") ? tag : `${prefix}${tag}`;
    return this.#error(node, `could not determine a constructor for the tag '${full}'`);
  }

  #error(node: Node, message: string): Error {
    return this.#fail({ type: "ConstructorError", message, offset: node.range?.[0] ?? 0 });
  }
}

/** As a key, `=` is a text. */
function valueKey(key: unknown): unknown {
  if (!isScalar(key) || scalarTag(key, String(key.value ?? "")) !== "value") return key;
  const text = new Scalar(key.value);
  text.tag = `${prefix}str`;
  return text;
}

function scalarTag(node: Scalar, text: string): string {
  const given = tagOf(node);
  if (given !== undefined && given !== "!") return given;
  return node.type === "PLAIN" || node.type === undefined || node.type === null ? implicitTag(text) : "str";
}

/** An explicit tag, YAML's own without their prefix. */
function tagOf(node: Node & { readonly tag?: string | undefined }): string | undefined {
  return node.tag?.startsWith(prefix) === true ? node.tag.slice(prefix.length) : node.tag;
}
