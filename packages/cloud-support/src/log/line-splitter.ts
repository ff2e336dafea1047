import { TextDecoder } from "node:util";

/** Makes lines of chunks that end anywhere, also within a character. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  #open = "";

  /** The lines that the chunk completes, without their ends. */
  push(chunk: Uint8Array | string): readonly string[] {
    const text = typeof chunk === "string" ? chunk : this.#decoder.decode(chunk, { stream: true });
    const parts = `${this.#open}${text}`.split("\n");
    this.#open = parts.pop() ?? "";
    return parts.map(shown);
  }

  /** What has no end yet. */
  end(): readonly string[] {
    const rest = `${this.#open}${this.#decoder.decode()}`;
    this.#open = "";
    return rest === "" ? [] : [shown(rest)];
  }
}

/** What a terminal would show of a line: carriage returns overwrite, colours are no text. */
function shown(line: string): string {
  const last = line.replace(/\r+$/, "").split("\r").at(-1) ?? "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is removed.
  return last.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "");
}
