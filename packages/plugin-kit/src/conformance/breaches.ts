import { ImageSpecError } from "@imagespec/errors";

/** Collects what a builder does wrong in one test, so that all of it is said at once. */
export class Breaches {
  readonly #builder: string;
  readonly #list: string[] = [];

  constructor(builder: string) {
    this.#builder = builder;
  }

  /** Notes a breach when the condition does not hold. */
  check(condition: boolean, breach: string): boolean {
    if (!condition) this.#list.push(breach);
    return condition;
  }

  add(...breaches: readonly string[]): void {
    this.#list.push(...breaches);
  }

  /** @throws BUILDER_CONTRACT when there are any */
  end(hint: string): void {
    const [first] = this.#list;
    if (first === undefined) return;
    const shown = [...new Set(this.#list)];
    const lines = shown.length === 1 ? ` ${first}` : shown.map((breach) => `\n  - ${breach}`).join("");
    // The hint is part of the message, since test runners print nothing else.
    throw new ImageSpecError("BUILDER_CONTRACT", `builder "${this.#builder}":${lines}\n  change: ${hint}`, {
      hint,
      details: { builder: this.#builder, breaches: shown },
    });
  }
}
