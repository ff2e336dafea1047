/** A stream that text is written to, and what is known of the terminal behind it. */
export interface TextOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** What a command may see and touch of its process. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly cwd: string;
  readonly stdin: AsyncIterable<Uint8Array | string>;
  /** Results: references, tables, JSON. */
  readonly stdout: TextOutput;
  /** Progress, warnings and errors. */
  readonly stderr: TextOutput;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Leaves the signals of this process to a program that it runs, until disposed. */
  handOver(program: { kill(signal: NodeJS.Signals): unknown }): Disposable;
}
