import type { ErrorCode, SpecProblem } from "@imagespec/errors";

/** What a text check found wrong. */
export interface Finding {
  /** @default "SPEC_VALUE" */
  readonly code?: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

export type TextCheck = (text: string) => Finding | undefined;

export interface TextShape {
  readonly kind: "text";
  /** What it is, with its article: "a requirement". */
  readonly what: string;
  readonly check?: TextCheck;
  /** For the JSON Schema alone; `check` decides. */
  readonly pattern?: string;
  /** Said when a number stands where the text belongs. @default asks for quotes */
  readonly numberHint?: string;
}

export interface ObjectField {
  readonly shape: Shape;
  readonly description: string;
  readonly required?: boolean;
}

/** The form that a value of the spec has. One description serves validation, the JSON Schema and the documentation. */
export type Shape =
  | TextShape
  | { readonly kind: "boolean" }
  | { readonly kind: "choice"; readonly values: readonly string[] }
  | { readonly kind: "list"; readonly item: Shape; readonly minItems?: number }
  | { readonly kind: "pair"; readonly items: readonly [TextShape, TextShape] }
  | { readonly kind: "record"; readonly key: TextShape; readonly value: Shape }
  | {
      readonly kind: "object";
      readonly what: string;
      readonly fields: Readonly<Record<string, ObjectField>>;
      readonly exactlyOne?: boolean;
    }
  | { readonly kind: "json-object" }
  /** A text, or the other form. */
  | { readonly kind: "text-or"; readonly text: TextShape; readonly other: Shape }
  | { readonly kind: "base-image"; readonly text: TextShape; readonly debian: Shape };

/** A problem as `problems` carries it. */
export function problemAt(path: string, finding: Finding): SpecProblem {
  return {
    code: finding.code ?? "SPEC_VALUE",
    path,
    message: finding.message,
    ...(finding.hint === undefined ? {} : { hint: finding.hint }),
  };
}
