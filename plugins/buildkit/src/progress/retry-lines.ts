const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration as Go writes it: `1s`, `1m30.5s`, `500ms`. */
export function parseGoDuration(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ""] ?? 0), 0);
}

/** A further attempt that a log announces. */
export interface AnnouncedRetry {
  readonly attempt: number;
  readonly delayMs: number;
  readonly reason: string;
}

/** Reads BuildKit's way of announcing retries of a pull or push, two lines of the log: `error: …` and `retrying in 1s`. */
export class RetryLines {
  #reason = "";
  #attempt = 0;

  read(line: string): AnnouncedRetry | undefined {
    const error = /^error: (.*)$/.exec(line)?.[1];
    if (error !== undefined) {
      this.#reason = error;
      return undefined;
    }
    const delayMs = parseGoDuration(/^retrying in (\S+)$/.exec(line)?.[1] ?? "");
    if (delayMs === undefined) return undefined;
    this.#attempt++;
    return { attempt: this.#attempt, delayMs, reason: this.#reason };
  }
}
