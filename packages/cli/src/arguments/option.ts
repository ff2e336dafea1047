/** One option of a command. */
export interface Option {
  readonly type: "flag" | "text";
  /** One letter, without the hyphen. */
  readonly short?: string;
  /** What the help calls the value: `HOST`. */
  readonly value?: string;
  /** The only values that are accepted. */
  readonly choices?: readonly string[];
  /** May be given several times. */
  readonly isList?: boolean;
  /** For the help: lower case, no full stop. */
  readonly summary: string;
}

/** Options by their long name, without the hyphens. */
export type OptionTable = Readonly<Record<string, Option>>;
