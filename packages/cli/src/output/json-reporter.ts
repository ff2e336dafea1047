import type { BuildEvent } from "@imagespec/core";
import type { TextOutput } from "../command-context.ts";
import type { BuildReporter } from "./build-reporter.ts";

/** Writes one event a line. */
export class JsonReporter implements BuildReporter {
  readonly #output: TextOutput;

  constructor(output: TextOutput) {
    this.#output = output;
  }

  event(_position: number, event: BuildEvent): void {
    this.#output.write(`${JSON.stringify(event)}\n`);
  }

  ended(): void {}

  close(): void {}
}
