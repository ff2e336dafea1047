import { redact } from "@imagespec/errors";

const forcedAfter = 16 * 1024;
const heldBack = 2 * 1024;

/**
 * Redacts a log that arrives in chunks, and keeps its last lines.
 *
 * A secret may stand across two chunks, so text is passed on line by line; a line that does not end is passed on but for its
 * last part.
 */
export class LogRedactor {
  readonly #emit: (text: string) => void;
  readonly #tail: string[] = [];
  readonly #tailLength: number;
  #pending = "";

  constructor(emit: (text: string) => void, tailLength = 50) {
    this.#emit = emit;
    this.#tailLength = tailLength;
  }

  write(chunk: string): void {
    const text = this.#pending + chunk;
    const end = Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r")) + 1;
    this.#pending = text.slice(end);
    if (end > 0) this.#pass(text.slice(0, end));
    if (this.#pending.length > forcedAfter) {
      const masked = redact(this.#pending);
      this.#pending = masked.slice(-heldBack);
      this.#pass(masked.slice(0, -heldBack));
    }
  }

  /** Passes on what is held back. */
  flush(): void {
    const rest = this.#pending;
    this.#pending = "";
    if (rest !== "") this.#pass(rest);
  }

  /** The last lines, redacted, oldest first. */
  get tail(): readonly string[] {
    return this.#tail;
  }

  #pass(text: string): void {
    const masked = redact(text);
    for (const line of masked.split(/\r\n|\n|\r/)) if (line !== "") this.#tail.push(line);
    this.#tail.splice(0, Math.max(0, this.#tail.length - this.#tailLength));
    this.#emit(masked);
  }
}
