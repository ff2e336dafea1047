/** How long a command may tidy up after an interruption before the process ends all the same. */
const graceMs = 5_000;

/** Whether a terminal sends its Ctrl-C to every program in the foreground, the child included. */
type FromTerminal = () => boolean;

/**
 * What the signals of a process do: the first one aborts the command, the second one ends the process. While a program has been
 * handed the signals, it gets them instead.
 */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #exit: (exitCode: number) => void;
  readonly #isFromTerminal: FromTerminal;
  #exitCode: number | undefined;
  #program: { kill(signal: NodeJS.Signals): unknown } | undefined;

  constructor(exit: (exitCode: number) => void, isFromTerminal: FromTerminal) {
    this.#exit = exit;
    this.#isFromTerminal = isFromTerminal;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The exit code that the first signal asks for; nothing before. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  receive(signal: "SIGINT" | "SIGTERM"): void {
    if (this.#program !== undefined) {
      if (signal === "SIGTERM" || !this.#isFromTerminal()) this.#program.kill(signal);
      return;
    }
    if (this.#exitCode !== undefined) {
      this.#exit(this.#exitCode);
      return;
    }
    const exitCode = signal === "SIGINT" ? 130 : 143;
    this.#exitCode = exitCode;
    this.#controller.abort();
    setTimeout(() => this.#exit(exitCode), graceMs).unref();
  }

  handOver(program: { kill(signal: NodeJS.Signals): unknown }): Disposable {
    this.#program = program;
    return {
      [Symbol.dispose]: () => {
        this.#program = undefined;
      },
    };
  }
}
