import type { LogEvent } from "@imagespec/core";
import { terminalText } from "./terminal-text.ts";

/** Puts the chunks of logs together to whole lines. */
export class LogLines {
  readonly #open = new Map<string, string>();

  /** The lines that the chunk completes. */
  add({ build, platform, step, stream, text }: LogEvent): readonly string[] {
    const key = [build, platform ?? "", step, stream].join("\0");
    const parts = `${this.#open.get(key) ?? ""}${text}`.split("\n");
    this.#open.set(key, parts.pop() ?? "");
    return parts.map((line) => terminalText(line.split("\r").at(-1) || line));
  }
}
