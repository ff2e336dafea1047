import { stripVTControlCharacters } from "node:util";
import type { TextOutput } from "../command-context.ts";
import { textWidth, truncate } from "./text-width.ts";

const hideCursor = "\u001b[?25l";
const showCursor = "\u001b[?25h";

/** The last lines of a terminal, redrawn in place; what is printed stays above them. */
export class LiveScreen {
  readonly #output: TextOutput;
  #drawn = 0;
  #isActive = false;
  readonly #restore = (): void => {
    if (this.#isActive) this.#output.write(showCursor);
  };

  constructor(output: TextOutput) {
    this.#output = output;
  }

  // A terminal that does not know its size says 0.
  get columns(): number {
    return this.#output.columns || 80;
  }

  /** Writes `permanent` lines for good and `live` lines below them, in place of those of the last call. */
  draw(permanent: readonly string[], live: readonly string[]): void {
    // A region higher than the terminal could not be erased again.
    const rows = Math.max(1, (this.#output.rows || 24) - 1);
    const cut = live.length <= rows ? live : [...live.slice(0, rows - 1), `  … ${live.length - rows + 1} more`];
    const shown = cut.map((line) => this.#fit(line));
    if (!this.#isActive) {
      this.#isActive = true;
      process.once("exit", this.#restore);
    }
    const lines = [...permanent, ...shown].map((line) => `${line}\n`).join("");
    this.#output.write(`${hideCursor}${this.#erase()}${lines}`);
    this.#drawn = shown.length;
  }

  /** Writes lines for good, removes the live ones and gives the cursor back. */
  end(permanent: readonly string[]): void {
    const lines = permanent.map((line) => `${line}\n`).join("");
    this.#output.write(`${this.#erase()}${lines}${this.#isActive ? showCursor : ""}`);
    this.#drawn = 0;
    this.#isActive = false;
    process.off("exit", this.#restore);
  }

  /** A line that wraps would upset the count of lines. */
  #fit(line: string): string {
    const width = Math.max(20, this.columns - 1);
    return textWidth(line) <= width ? line : truncate(stripVTControlCharacters(line), width);
  }

  #erase(): string {
    return this.#drawn === 0 ? "" : `\u001b[${this.#drawn}A\r\u001b[0J`;
  }
}
