import { styleText } from "node:util";
import type { TextOutput } from "../command-context.ts";

type Paint = (text: string) => string;

/** How text is emphasised: with terminal codes, or not at all. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

const plain: Paint = (text) => text;

/** No emphasis. */
export const plainStyle: Style = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain };

function painted(format: keyof Style): Paint {
  // Whether the stream shows colours is decided here and not by Node.js, which would look at standard output only.
  return (text) => (text === "" ? text : styleText(format, text, { validateStream: false }));
}

const colours: Style = {
  bold: painted("bold"),
  dim: painted("dim"),
  red: painted("red"),
  green: painted("green"),
  yellow: painted("yellow"),
  cyan: painted("cyan"),
};

/** Colours for a terminal, unless `NO_COLOR`, `TERM=dumb` or the user says otherwise; `FORCE_COLOR` wins over the terminal. */
export function styleFor(
  output: Pick<TextOutput, "isTTY">,
  env: Readonly<Record<string, string | undefined>>,
  hasNoColor = false,
): Style {
  const { NO_COLOR: none = "", FORCE_COLOR: forced, TERM: term } = env;
  if (hasNoColor || none !== "") return plainStyle;
  if (forced !== undefined && forced !== "") return forced === "0" || forced === "false" ? plainStyle : colours;
  return output.isTTY === true && term !== "dumb" ? colours : plainStyle;
}
