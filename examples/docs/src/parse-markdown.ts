import type { CodeBlock, Directive } from "./code-block.ts";

const fence = /^(\s*)(`{3,}|~{3,})([^`]*)$/;
const comment = /^\s*<!--\s*(.*?)\s*-->\s*$/;

/** The fenced code blocks of a Markdown text, in its order. */
export function parseMarkdown(text: string, file: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const lines = text.split("\n");
  let comments: { readonly text: string; readonly place: string }[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    const [, said] = comment.exec(line) ?? [];
    if (said !== undefined) {
      comments.push({ text: said, place: `${file}:${index + 1}` });
      continue;
    }
    const [, indent = "", marks = "", info = ""] = fence.exec(line) ?? [];
    if (marks !== "") {
      const [language = "", name, ...others] = info.trim().split(/\s+/);
      if (others.length > 0) throw new Error(`${file}:${index + 1}: "${others.join(" ")}" stands after the name`);
      const end = lines.findIndex((later, position) => position > index && later.trim() === marks);
      if (end === -1) throw new Error(`${file}:${index + 1}: the code block has no end`);
      const code = lines
        .slice(index + 1, end)
        .map((inner) => (inner.startsWith(indent) ? inner.slice(indent.length) : inner));
      blocks.push({
        file,
        line: index + 2,
        language,
        name,
        code: `${code.join("\n")}\n`,
        directives: comments.map(parseDirective),
      });
      index = end;
    }
    comments = [];
  }
  return blocks;
}

function parseDirective({ text, place }: { readonly text: string; readonly place: string }): Directive {
  if (text === "run" || text === "bad" || text === "not-a-spec") return { kind: text };
  const [, key, value = ""] = /^(given|each): (.+)$/.exec(text) ?? [];
  if (key === "given") return { kind: "given", declaration: value };
  if (key === "each") return { kind: "each", type: value };
  if (/^[\w@.-]+(?:\/[\w@.-]+)+$/.test(text)) return { kind: "file", path: text };
  // A misspelt word would switch a check off unseen.
  throw new Error(`${place}: "${text}" is no directive; see examples/docs/src/code-block.ts`);
}
