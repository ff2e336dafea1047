import type { LogLine } from "../cloud-services-adapter.ts";

/** What a build says, until it is in CloudWatch Logs. */
export interface BuildLog {
  /** A line of what a command prints. */
  line(text: string): void;
  /** A line of CodeBuild's own. */
  say(text: string): void;
  /** From here on the text appears as `***`. */
  mask(secret: string): void;
  isSecret(text: string): boolean;
  /** Writes what waits, and from here on every line soon after it was said. */
  connect(write: (lines: readonly LogLine[]) => Promise<void>): void;
  /** Writes the rest. Nothing is written after it. */
  close(): Promise<void>;
  readonly text: string;
}

/** CodeBuild writes in batches. Milliseconds. */
const flushEvery = 100;
/** CloudWatch Logs takes so many events at a time. */
const largestBatch = 1_000;

export function createBuildLog(): BuildLog {
  const secrets: string[] = [];
  const waiting: LogLine[] = [];
  let whole = "";
  let write: ((lines: readonly LogLine[]) => Promise<void>) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  const flush = () => {
    writing = writing.then(async () => {
      while (write !== undefined && waiting.length > 0) await write(waiting.splice(0, largestBatch));
    });
    return writing;
  };
  const line = (text: string) => {
    let message = text;
    for (const secret of secrets) message = message.replaceAll(secret, "***");
    whole += `${message}\n`;
    waiting.push({ timestamp: Date.now(), message: `${message}\n` });
  };
  return {
    line,
    say(text) {
      const time = new Date().toISOString().slice(0, 23).replaceAll("-", "/").replace("T", " ").replace(".", ".");
      for (const part of `[Container] ${time} ${text}`.split("\n")) line(part);
    },
    mask(secret) {
      if (secret !== "") secrets.push(secret);
    },
    isSecret: (text) => secrets.includes(text),
    connect(target) {
      write = target;
      // A line that cannot be written does not stop a build; the next batch tries again.
      timer = setInterval(() => void flush().catch(() => undefined), flushEvery);
      timer.unref();
    },
    async close() {
      clearInterval(timer);
      await writing.catch(() => undefined);
      writing = Promise.resolve();
      await flush();
    },
    get text() {
      return whole;
    },
  };
}
