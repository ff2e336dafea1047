import { createHash } from "node:crypto";

/** The order in which a build lists what it does side by side. */
const steps = ["base", "source", "resolve", "layers", "push", "store"];

/**
 * What a terminal showed, without what differs from run to run and from machine to machine: times, ports, folders and sizes below a
 * megabyte are always the same; tags and digests become others of the same kind, the same for the same.
 */
export class TerminalNormalizer {
  readonly #known = new Map<string, string>();
  readonly #folders: readonly (readonly [folder: string, shown: string])[];

  constructor(folders: Readonly<Record<string, string>>) {
    this.#folders = Object.entries(folders);
  }

  normalize(text: string): string {
    const named = this.#folders.reduce((all, [folder, shown]) => all.replaceAll(folder, shown), text);
    const lines = named
      .replace(/\bsha256:([0-9a-f]{12})[0-9a-f]*/g, (_, digits: string) => `sha256:${this.#other(digits, "hex")}…`)
      .replace(/\b([uv]1-)([a-z2-7]{16})\b/g, (_, kind: string, tag: string) => kind + this.#other(tag, "base32"))
      .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:5000")
      // What stands in a column keeps its width.
      .replace(/\b[\d.]+ k?B\b( *)/g, (whole, gap: string) =>
        gap.length > 1 ? "2 kB".padEnd(whole.length) : `2 kB${gap}`,
      )
      .replace(/\b(?:\d+\.\d+ s|\d+ min \d\d s)\b/g, "1.2 s")
      .split("\n");
    return inOrder(lines).join("\n");
  }

  #other(text: string, alphabet: "hex" | "base32"): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const digest = createHash("sha256").update(`terminal ${this.#known.size}`).digest("hex");
    // 16 letters of the 32 are enough to look right.
    const other =
      alphabet === "hex" ? digest.slice(0, 12) : [...digest.slice(0, 16)].map((digit) => letterOf(digit)).join("");
    this.#known.set(text, other);
    return other;
  }
}

function letterOf(digit: string): string {
  return "abcdefghkmqrx247"[Number.parseInt(digit, 16)] ?? "";
}

/** Steps that run side by side begin in an order of chance. */
function inOrder(lines: readonly string[]): readonly string[] {
  const placeOf = (line: string): number => steps.indexOf(/^ {2}✔ (\w+)/.exec(line)?.[1] ?? "");
  const ordered: string[] = [];
  let open: string[] = [];
  const close = (): void => {
    ordered.push(...open.sort((a, b) => placeOf(a) - placeOf(b)));
    open = [];
  };
  for (const line of lines) {
    if (placeOf(line) !== -1) open.push(line);
    else {
      close();
      ordered.push(line);
    }
  }
  close();
  return ordered;
}
