/** A line of `--log-format internal-json`, as far as it says something to people or decides how a failure is called. */
export type NixLogLine =
  /** A build, a download, a copy begins. */
  | { readonly kind: "start"; readonly id: number; readonly what: "build" | "download" | "copy"; readonly item: string }
  | { readonly kind: "stop"; readonly id: number }
  /** Output of a build. */
  | { readonly kind: "output"; readonly id: number; readonly text: string }
  /** Bytes of a download, or of a copy. */
  | { readonly kind: "progress"; readonly id: number; readonly done: number; readonly total: number }
  /** What Nix itself says; errors have level 0, warnings 1. */
  | { readonly kind: "message"; readonly level: number; readonly text: string };

/** Numbers of Nix's log protocol: activities, then results. */
const activities: Readonly<Record<number, "build" | "download" | "copy">> = {
  100: "copy",
  101: "download",
  105: "build",
};
const outputResults: ReadonlySet<unknown> = new Set([101, 107]);
const progressResult = 105;

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of colours begin with one.
const colours = /\u001b\[[0-9;]*m/g;

/** Text without colours. */
export function plainText(text: string): string {
  return text.replace(colours, "");
}

/** Reads a line; nothing for what is of no interest. Lines that are no JSON are messages of older programs. */
export function parseLogLine(line: string): NixLogLine | undefined {
  if (!line.startsWith("@nix ")) return { kind: "message", level: 2, text: plainText(line) };
  const event = parseEvent(line.slice("@nix ".length));
  if (event === undefined) return undefined;
  const { action, id, type, text, level, msg, raw_msg: raw, fields } = event;
  const list: readonly unknown[] = Array.isArray(fields) ? fields : [];
  if (action === "msg") {
    const said = typeof raw === "string" ? raw : msg;
    return typeof said === "string" && typeof level === "number"
      ? { kind: "message", level, text: plainText(said) }
      : undefined;
  }
  if (typeof id !== "number") return undefined;
  if (action === "stop") return { kind: "stop", id };
  if (action === "start") {
    const what = typeof type === "number" ? activities[type] : undefined;
    const item = typeof list[0] === "string" ? list[0] : text;
    return what === undefined || typeof item !== "string"
      ? undefined
      : { kind: "start", id, what, item: plainText(item) };
  }
  if (action !== "result") return undefined;
  if (outputResults.has(type) && typeof list[0] === "string") return { kind: "output", id, text: plainText(list[0]) };
  const [done, total] = list;
  if (type === progressResult && typeof done === "number" && typeof total === "number")
    return { kind: "progress", id, done, total };
  return undefined;
}

function parseEvent(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    // Its fields are looked at one by one.
    return typeof parsed === "object" && parsed !== null ? (parsed as Readonly<Record<string, unknown>>) : undefined;
  } catch (error) {
    // A line that was cut short when Nix was ended.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** `/nix/store/<hash>-zlib-1.3.drv` → `zlib-1.3` */
export function nameOfPath(storePath: string): string {
  return storePath.replace(/^.*\/[a-z0-9]{32}-/, "").replace(/\.drv$/, "");
}
