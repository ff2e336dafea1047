import type { PlannedStep } from "../plan/dockerfile-plan.ts";

export type StepName = Omit<PlannedStep, "firstLine" | "lastLine">;

/** A Dockerfile in the making, which remembers what its lines are for. */
export class DockerfileText {
  readonly #lines: string[] = [];
  readonly #steps: PlannedStep[] = [];

  /** A line that says why. */
  comment(text: string): void {
    this.#lines.push(`# ${text.replace(/[\r\n]+/g, " ")}`);
  }

  blank(): void {
    if (this.#lines.length > 0 && this.#lines.at(-1) !== "") this.#lines.push("");
  }

  /** One instruction; what follows the first entry stands on lines of its own. */
  instruction(name: string, parts: readonly string[], step?: StepName): void {
    const firstLine = this.#lines.length + 1;
    const indent = " ".repeat(4);
    for (const [index, part] of parts.entries()) {
      const start = index === 0 ? `${name} ` : indent;
      this.#lines.push(`${start}${part}${index === parts.length - 1 ? "" : " \\"}`);
    }
    if (step !== undefined) this.#steps.push({ firstLine, lastLine: this.#lines.length, ...step });
  }

  get text(): string {
    return `${this.#lines.join("\n").trimEnd()}\n`;
  }

  get steps(): readonly PlannedStep[] {
    return this.#steps;
  }
}
