import { TextDecoder } from "node:util";

/** Lines of a step's log that errors show. */
const tailLength = 50;
/** A line is cut there: minified text on one line helps nobody. */
const lineLength = 2000;

/** Reads the output of one step, chunk by chunk, and keeps its last lines. */
export class LogTail {
  readonly #decoders = new Map<number, TextDecoder>();
  readonly #open = new Map<number, string>();
  readonly #lines: string[] = [];

  /**
   * Takes a chunk of a stream (1 stdout, 2 stderr): its text, without the bytes of a character whose rest is still to come, and the
   * lines that it completed.
   */
  push(stream: number, chunk: Uint8Array): { readonly text: string; readonly lines: readonly string[] } {
    const decoder = this.#decoders.get(stream) ?? new TextDecoder();
    this.#decoders.set(stream, decoder);
    const text = decoder.decode(chunk, { stream: true });
    const parts = `${this.#open.get(stream) ?? ""}${text}`.split("\n");
    this.#open.set(stream, (parts.pop() ?? "").slice(-lineLength));
    const lines = parts.map(shown);
    this.#lines.push(...lines);
    this.#lines.splice(0, this.#lines.length - tailLength);
    return { text, lines };
  }

  /** The last lines, oldest first; those without an end are the last ones. */
  get lines(): readonly string[] {
    const open = [...this.#open.values()].map(shown).filter((line) => line !== "");
    return [...this.#lines, ...open].slice(-tailLength);
  }
}

/** What a terminal would show of a line: carriage returns overwrite, colours are no text. */
function shown(line: string): string {
  const last = line.replace(/\r+$/, "").split("\r").at(-1) ?? "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is removed.
  return last.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "").slice(0, lineLength);
}
