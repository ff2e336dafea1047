/** A line is cut there: minified text on one line helps nobody. */
const lineLength = 2000;

/** The last lines of a log, for errors. */
export class LastLines {
  readonly #count: number;
  readonly #lines: string[] = [];

  constructor(count = 50) {
    this.#count = count;
  }

  push(...lines: readonly string[]): void {
    for (const line of lines) this.#lines.push(line.slice(0, lineLength));
    this.#lines.splice(0, this.#lines.length - this.#count);
  }

  /** Oldest first. */
  get lines(): readonly string[] {
    return [...this.#lines];
  }
}
