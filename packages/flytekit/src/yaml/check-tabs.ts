import { CST, Lexer } from "yaml";

/** Where a tab stands that PyYAML takes for no white space: outside of quotes, block scalars and comments. */
export function findTab(text: string): number | undefined {
  if (!text.includes("\t")) return undefined;
  let offset = 0;
  let isBlock = false;
  let isScalar = false;
  for (const token of new Lexer().lex(text)) {
    const type = CST.tokenType(token);
    if (type === "scalar") {
      isScalar = true;
      continue;
    }
    if (type === "doc-mode" || type === "flow-error-end" || (type === "byte-order-mark" && !text.startsWith(token)))
      continue;
    const isPlain = isScalar && !isBlock;
    const tab = isPlain || (type === "space" && !isScalar) ? token.indexOf("\t") : -1;
    if (tab !== -1) return offset + tab;
    if (isScalar) isBlock = false;
    else if (type === "block-scalar-header") isBlock = true;
    isScalar = false;
    offset += token.length;
  }
  return undefined;
}
