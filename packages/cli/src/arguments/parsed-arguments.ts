import type { OptionTable } from "./option.ts";
import { usageError } from "./usage-error.ts";

interface Parsed {
  readonly options: OptionTable;
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly positionals: readonly string[];
  readonly rest: readonly string[];
}

/** The arguments of a command, read by the names of its options. */
export class ParsedArguments {
  readonly #parsed: Parsed;

  constructor(parsed: Parsed) {
    this.#parsed = parsed;
  }

  get positionals(): readonly string[] {
    return this.#parsed.positionals;
  }

  /** What follows `--`. */
  get rest(): readonly string[] {
    return this.#parsed.rest;
  }

  /** Whether the command has such an option at all. */
  has(name: string): boolean {
    return Object.hasOwn(this.#parsed.options, name);
  }

  flag(name: string): boolean {
    return this.#values(name).length > 0;
  }

  text(name: string): string | undefined {
    return this.#values(name).at(-1);
  }

  list(name: string): readonly string[] {
    return this.#values(name);
  }

  /** @throws CLI_USAGE unless it is a whole number of at least `least` */
  integer(name: string, least: number): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (/^\d+$/.test(value) && Number.isSafeInteger(number) && number >= least) return number;
    throw usageError(`"${value}" is no value of "--${name}"`, `give a whole number of at least ${least}`);
  }

  #values(name: string): readonly string[] {
    // A command that asks for an option it does not have is a defect that any test of it shows.
    if (!this.has(name)) throw new TypeError(`no option "${name}"`);
    return this.#parsed.values.get(name) ?? [];
  }
}
