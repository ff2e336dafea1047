/** A fenced code block of a Markdown file. */
export interface CodeBlock {
  /** Relative to the repository, with slashes. */
  readonly file: string;
  /** Of the first line of code, from 1. */
  readonly line: number;
  /** Empty when the fence names none. */
  readonly language: string;
  /** The word after the language: the name of the file that is shown. Blocks of one page import each other by it. */
  readonly name: string | undefined;
  readonly code: string;
  readonly directives: readonly Directive[];
}

/** What an HTML comment right above a block says about it. */
export type Directive =
  /** `run`: it is executed, and prints what its comments say. */
  | { readonly kind: "run" }
  /** `bad`: a spec that is refused. */
  | { readonly kind: "bad" }
  /** `not-a-spec`: YAML or JSON of another kind. */
  | { readonly kind: "not-a-spec" }
  /** `given: const x: Type;`: what the code takes for granted. */
  | { readonly kind: "given"; readonly declaration: string }
  /** `each: Type`: the type of every line of JSON. */
  | { readonly kind: "each"; readonly type: string }
  /** A path: the block shows this file. */
  | { readonly kind: "file"; readonly path: string };

export function placeOf({ file, line }: CodeBlock): string {
  return `${file}:${line}`;
}

export function hasDirective({ directives }: CodeBlock, kind: Directive["kind"]): boolean {
  return directives.some((directive) => directive.kind === kind);
}
