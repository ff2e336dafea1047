import type { LineCounter, ParsedNode, Document as YamlDocument } from "yaml";
import type { SpecLocation } from "./loaded-spec.ts";
import { yamlParser } from "./yaml-parser.ts";

export type Locate = (path: string) => SpecLocation | undefined;

/** Finds field paths in the text that a node was parsed from. A path that is not in the text gives the nearest part above it. */
export function createLocator(
  root: ParsedNode,
  text: string,
  counter: LineCounter,
  document: YamlDocument.Parsed,
): Locate {
  const { isAlias, isMap, isPair, isScalar, isSeq } = yamlParser();
  return (path) => {
    let node: unknown = root;
    let range: readonly [number, number] | undefined;
    for (const segment of segmentsOf(path)) {
      if (isAlias(node)) node = node.resolve(document);
      if (isMap(node)) {
        const pair: unknown = node.items.find(
          ({ key }) => (isScalar(key) ? String(key.value) : String(key)) === segment,
        );
        if (!isPair(pair)) break;
        node = pair.value ?? pair.key;
        // A mapping or list is marked at its key, a plain value at itself.
        range = rangeOf(isMap(node) || isSeq(node) ? pair.key : node) ?? range;
      } else if (isSeq(node)) {
        const item: unknown = node.items[Number(segment)];
        if (item === undefined) break;
        node = item;
        range = rangeOf(node) ?? range;
      } else break;
    }
    const [start, end] = range ?? rangeOf(root) ?? [0, 1];
    const { line, col } = counter.linePos(start);
    const lineText = text.split("\n")[line - 1]?.replace(/\r$/, "") ?? "";
    const length = Math.max(1, Math.min(end - start, lineText.length - col + 1));
    return { line, column: col, length, lineText };
  };
}

function rangeOf(node: unknown): readonly [number, number] | undefined {
  const { isAlias, isMap, isScalar, isSeq } = yamlParser();
  if (!isScalar(node) && !isMap(node) && !isSeq(node) && !isAlias(node)) return undefined;
  return node.range === undefined || node.range === null ? undefined : [node.range[0], node.range[1]];
}

/** `env["a b"].x[3]` → `env`, `a b`, `x`, `3` */
function segmentsOf(path: string): readonly string[] {
  const segments: string[] = [];
  for (const [, quoted, index, name] of path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)) {
    if (quoted !== undefined) segments.push(String(JSON.parse(`"${quoted}"`)));
    else segments.push(index ?? name ?? "");
  }
  return segments;
}
