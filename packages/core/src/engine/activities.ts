/** Work that an abort may leave behind: it ends by itself, and is given a moment for that before an engine is closed. */
export class Activities {
  readonly #running = new Set<Promise<void>>();

  /** Keeps an eye on the work, and gives it back. */
  track<T>(work: Promise<T>): Promise<T> {
    const settled: Promise<void> = work.then(
      () => void this.#running.delete(settled),
      // The one who asked for the work sees its rejection.
      () => void this.#running.delete(settled),
    );
    this.#running.add(settled);
    return work;
  }

  /** Resolves when nothing is going on any more, and at the latest after `limitMs`: some work heeds no signal. */
  async settle(limitMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const isLate = new Promise<"late">((resolve) => {
      timer = setTimeout(resolve, limitMs, "late");
    });
    try {
      while (this.#running.size > 0) {
        if ((await Promise.race([Promise.all(this.#running), isLate])) === "late") return;
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
