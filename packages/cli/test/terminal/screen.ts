import { textWidth } from "../../src/output/text-width.ts";

interface Row {
  /** One cell a column; the second cell of a wide character is empty. */
  readonly cells: string[];
  /** Whether the text above ran into this row because the terminal ended. */
  isWrapped: boolean;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal codes are what is read here
const token = /\u001b\[[?0-9;]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b.|\r|\n|\u0008|\t|./gsu;

/**
 * A terminal of a size as xterm is one, as far as the command uses it: text, line ends, movement of the cursor, clearing, colours. What
 * it does not know is collected. It keeps what scrolled out, and a copy of what was to be seen before each redrawing.
 */
export class Screen {
  readonly columns: number;
  readonly rows: number;
  /** The texts to be seen before each movement up, first to last. */
  readonly frames: string[] = [];
  /** Codes that were not understood. */
  readonly unknown: string[] = [];
  isCursorVisible = true;
  /** Whether text was coloured or emphasised. */
  hasStyle = false;
  /** Whether the cursor was to go further up than the terminal reaches: what is there cannot be redrawn. */
  hasLeftTop = false;
  readonly #all: Row[] = [];
  /** Of the first row to be seen, in all of them. */
  #top = 0;
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  /** Row and column, from 0. */
  get cursor(): readonly [row: number, column: number] {
    return [this.#row, this.#column];
  }

  /** All rows from the first that was written to, without the empty ones at the end; those that scrolled out too. */
  get lines(): readonly string[] {
    const lines = this.#all.map(({ cells }) => cells.join("").trimEnd());
    return lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
  }

  get text(): string {
    return this.lines.map((line) => `${line}\n`).join("");
  }

  /** Lines as they were written: what the end of the terminal broke is put together again. */
  get logicalLines(): readonly string[] {
    const lines: string[] = [];
    for (const { cells, isWrapped } of this.#all) {
      const text = cells.join("");
      if (isWrapped && lines.length > 0) lines[lines.length - 1] += text;
      else lines.push(text);
    }
    return lines.map((line) => line.trimEnd());
  }

  write(text: string): this {
    for (const [part] of text.matchAll(token)) this.#take(part);
    return this;
  }

  #take(part: string): void {
    switch (part) {
      case "\r":
        this.#column = 0;
        return;
      case "\n":
        this.#row++;
        this.#scroll();
        return;
      case "\u0008":
        this.#column = Math.max(0, this.#column - 1);
        return;
      case "\t":
        this.#column = Math.min(this.columns - 1, (Math.floor(this.#column / 8) + 1) * 8);
        return;
      default:
        if (part.startsWith("\u001b[")) this.#control(part.slice(2, -1), part.at(-1) ?? "", part);
        else if (/\p{Cc}/u.test(part)) this.unknown.push(JSON.stringify(part));
        else this.#print(part);
    }
  }

  #print(character: string): void {
    const width = textWidth(character);
    if (width === 0) return;
    // A full row is left when the next character comes, and not before.
    const wraps = this.#column + width > this.columns;
    if (wraps) {
      this.#column = 0;
      this.#row++;
      this.#scroll();
    }
    const row = this.#at(this.#row);
    if (wraps) row.isWrapped = true;
    while (row.cells.length < this.#column) row.cells.push(" ");
    row.cells.splice(this.#column, width, character, ...Array.from({ length: width - 1 }, () => ""));
    this.#column += width;
  }

  #control(parameters: string, name: string, whole: string): void {
    const amount = Math.max(1, Number(parameters) || 1);
    switch (name) {
      case "A":
        this.frames.push(this.text);
        if (this.#row - amount < this.#top) this.hasLeftTop = true;
        this.#row = Math.max(this.#top, this.#row - amount);
        return;
      case "G":
        this.#column = amount - 1;
        return;
      case "J":
        if (parameters !== "" && parameters !== "0") break;
        this.#at(this.#row).cells.splice(this.#column);
        this.#all.splice(this.#row + 1);
        return;
      case "K":
        if (parameters !== "" && parameters !== "0") break;
        this.#at(this.#row).cells.splice(this.#column);
        return;
      case "m":
        this.hasStyle ||= parameters !== "" && parameters !== "0";
        return;
      case "h":
      case "l":
        if (parameters !== "?25") break;
        this.isCursorVisible = name === "h";
        return;
      default:
    }
    this.unknown.push(JSON.stringify(whole));
  }

  #scroll(): void {
    this.#at(this.#row);
    this.#top = Math.max(this.#top, this.#row - this.rows + 1);
  }

  #at(row: number): Row {
    while (this.#all.length <= row) this.#all.push({ cells: [], isWrapped: false });
    // Holds: the loop has filled up to here.
    return this.#all[row] as Row;
  }
}
