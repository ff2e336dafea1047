import { type Document, isAlias, isMap, isNode, isPair, isSeq, visit } from "yaml";
import type { YamlFailure } from "./construct-yaml.ts";

/** What PyYAML's composer refuses in a document: an alias before its anchor, or an anchor for the second time. */
export function findAnchorProblem(document: Document.Parsed): YamlFailure | undefined {
  const known = new Set<string>();
  let found: YamlFailure | undefined;
  visit(document, (_key, node) => {
    if (isPair(node) || !isNode(node)) return undefined;
    const offset = node.range?.[0] ?? 0;
    if (isAlias(node)) {
      if (known.has(node.source)) return undefined;
      found = { type: "ComposerError", message: `found undefined alias '${node.source}'`, offset };
      return visit.BREAK;
    }
    const anchor = isMap(node) || isSeq(node) || "anchor" in node ? node.anchor : undefined;
    if (anchor === undefined) return undefined;
    if (known.has(anchor)) {
      found = { type: "ComposerError", message: `found duplicate anchor '${anchor}'`, offset };
      return visit.BREAK;
    }
    known.add(anchor);
    return undefined;
  });
  return found;
}
