import { registerSecret } from "@imagespec/errors";

/** A secret that is only in memory: every way of printing or serialising it gives `***`. */
export class SecretValue {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    registerSecret(value);
    Object.freeze(this);
  }

  /** The value itself; for the one call that needs it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "***";
  }

  toJSON(): string {
    return "***";
  }
}
