/** Fires when armed for the whole of its time; arming again starts anew. */
export class IdleTimer {
  readonly #ms: number;
  readonly #onIdle: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(ms: number, onIdle: () => void) {
    this.#ms = ms;
    this.#onIdle = onIdle;
  }

  /** Waits for the peer from now on. */
  arm(extraMs = 0): void {
    if (this.#isOver) return;
    if (this.#timer !== undefined && extraMs === 0) {
      this.#timer.refresh();
      return;
    }
    this.disarm();
    this.#timer = setTimeout(this.#onIdle, this.#ms + extraMs);
  }

  /** The exchange is over. Whatever still arms the timer comes too late, and must not keep the process alive. */
  end(): void {
    this.disarm();
    this.#isOver = true;
  }

  /** The peer is not to blame for what takes time now. */
  disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** The error of a connection on which nothing happened for too long. */
export function idleError(ms: number): Error {
  return Object.assign(new Error(`no byte for ${ms} ms`), { code: "ETIMEDOUT" });
}
