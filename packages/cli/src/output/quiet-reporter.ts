import type { SettledBuild } from "@imagespec/core";
import type { TextOutput } from "../command-context.ts";
import type { BuildReporter, KeptLog, ReportedBuild } from "./build-reporter.ts";
import { formatError } from "./format-error.ts";
import type { Style } from "./style.ts";

interface QuietOptions {
  readonly results: TextOutput;
  readonly errors: TextOutput;
  readonly style: Style;
  readonly cwd: string;
}

/** Prints the references, in the order of the specs, and nothing else but errors. */
export class QuietReporter implements BuildReporter {
  readonly #builds: readonly ReportedBuild[];
  readonly #options: QuietOptions;
  readonly #references: (string | undefined)[];

  constructor(builds: readonly ReportedBuild[], options: QuietOptions) {
    this.#builds = builds;
    this.#options = options;
    this.#references = builds.map(() => undefined);
  }

  event(): void {}

  ended(position: number, outcome: SettledBuild, log?: KeptLog): void {
    if (outcome.status === "fulfilled") {
      this.#references[position] = outcome.result.reference;
      return;
    }
    const { errors, style, cwd } = this.#options;
    const look = { style, columns: errors.columns || 100, cwd, origin: this.#builds[position]?.origin, log };
    errors.write(`${formatError(outcome.error, look).join("\n")}\n`);
  }

  close(): void {
    for (const reference of this.#references)
      if (reference !== undefined) this.#options.results.write(`${reference}\n`);
  }
}
