import type { BuildRequest } from "@imagespec/core";
import { realiseError } from "../errors/explain-failure.ts";
import { type NixLogLine, nameOfPath, parseLogLine } from "../process/log-line.ts";
import type { NixProcess } from "../process/nix-process.ts";

export interface RealiseOptions {
  readonly signal: AbortSignal;
  readonly emit: BuildRequest["emit"];
  /** Id of the step that logs and transfers belong to. */
  readonly step: string;
  /** File that keeps what was made from being collected as garbage, for as long as it is there. */
  readonly root: string;
}

const transferIntervalMs = 100;

/**
 * Builds derivations, or takes what they make from binary caches.
 *
 * @returns bytes that were downloaded
 * @throws BUILD_STEP_FAILED, BUILD_TIMEOUT, NIX_NO_BUILDER, NIX_SANDBOX, NIX_SIGNATURE, DISK_FULL, BUILD_FAILED, ABORTED
 */
export async function realise(
  nix: NixProcess,
  derivations: readonly string[],
  options: RealiseOptions,
): Promise<{ readonly downloaded: number }> {
  const log = new RealisationLog(options);
  const args = ["--realise", "--log-format", "internal-json", "--add-root", options.root, ...derivations];
  const { code } = await nix.run("nix-store", args, { signal: options.signal, onLine: (line) => log.read(line) });
  if (code !== 0) throw realiseError({ code, messages: log.messages, output: log.output });
  return { downloaded: log.downloaded };
}

type Activity = Extract<NixLogLine, { readonly kind: "start" }>;

/** Turns Nix's log into events, and keeps what explains a failure. */
export class RealisationLog {
  readonly messages: string[] = [];
  readonly output: string[] = [];
  readonly #options: Pick<RealiseOptions, "emit" | "step">;
  readonly #running = new Map<number, Activity>();
  readonly #bytes = new Map<number, number>();
  readonly #reported = new Map<number, number>();

  constructor(options: Pick<RealiseOptions, "emit" | "step">) {
    this.#options = options;
  }

  get downloaded(): number {
    return [...this.#bytes.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  read(text: string): void {
    const line = parseLogLine(text);
    if (line === undefined) return;
    switch (line.kind) {
      case "start":
        this.#running.set(line.id, line);
        if (line.what === "build") this.#log(`building ${nameOfPath(line.item)}`);
        return;
      case "stop":
        this.#running.delete(line.id);
        return;
      case "output": {
        const activity = this.#running.get(line.id);
        const said = activity === undefined ? line.text : `${nameOfPath(activity.item)}> ${line.text}`;
        keep(this.output, said);
        this.#log(said);
        return;
      }
      case "progress":
        this.#progress(line);
        return;
      case "message":
        // Level 3 and more is chatter; what Nix says before it understands its log format has none.
        if (line.level > 2) return;
        keep(this.messages, line.text);
        if (line.level === 1) this.#options.emit({ type: "warning", message: line.text });
        else this.#log(line.text);
    }
  }

  #progress({ id, done, total }: Extract<NixLogLine, { readonly kind: "progress" }>): void {
    const activity = this.#running.get(id);
    if (activity?.what !== "download" || done < (this.#bytes.get(id) ?? 0)) return;
    this.#bytes.set(id, done);
    const now = performance.now();
    if (now - (this.#reported.get(id) ?? -transferIntervalMs) < transferIntervalMs && done !== total) return;
    this.#reported.set(id, now);
    this.#options.emit({
      type: "transfer",
      step: this.#options.step,
      kind: "pull",
      item: activity.item,
      current: done,
      ...(total >= done && total > 0 ? { total } : {}),
      unit: "byte",
    });
  }

  #log(text: string): void {
    this.#options.emit({ type: "log", step: this.#options.step, stream: "err", text });
  }
}

/** The end of a log is what matters. */
function keep(lines: string[], line: string): void {
  lines.push(line);
  if (lines.length > 200) lines.splice(0, 100);
}
