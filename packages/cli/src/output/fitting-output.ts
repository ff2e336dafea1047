import type { TextOutput } from "../command-context.ts";
import { wrapText } from "./wrap-text.ts";

/** An output that breaks lines between words when it is a terminal and they are wider; any other gets them as they are. */
export function fittingOutput(output: TextOutput): TextOutput {
  if (output.isTTY !== true) return output;
  return {
    isTTY: true,
    // A terminal may be resized, and one that does not know its size says 0.
    get columns() {
      return output.columns;
    },
    get rows() {
      return output.rows;
    },
    write: (text) => output.write(output.columns ? wrapText(text, output.columns) : text),
  };
}
