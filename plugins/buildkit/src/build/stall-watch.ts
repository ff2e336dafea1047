import { ImageSpecError } from "@imagespec/errors";

/** Notices when nothing happens for too long. */
export class StallWatch implements Disposable {
  readonly #controller = new AbortController();
  readonly #limitMs: number;
  readonly #address: string;
  #timer: NodeJS.Timeout | undefined;

  constructor(limitMs: number, address: string) {
    this.#limitMs = limitMs;
    this.#address = address;
    this.seen();
  }

  /** Triggered by a stall; the reason is the error. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** A sign of life. */
  seen(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(this.#error()), this.#limitMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #error(): ImageSpecError {
    const seconds = Math.round(this.#limitMs / 1000);
    return new ImageSpecError("STALLED", `the daemon at "${this.#address}" said nothing for ${seconds} s`, {
      hint: 'look at the daemon; for steps that are silent for longer, set the option "stallTimeoutMs"',
      details: { host: this.#address, limitMs: this.#limitMs },
    });
  }
}
