import type { Command } from "../command.ts";
import type { Option, OptionTable } from "./option.ts";

const help: Option = { type: "flag", short: "h", summary: "show this help" };

/** The help text of a command. */
export function formatHelp(command: Command): string {
  const usage = command.usage.map(
    (form, index) => `${index === 0 ? "usage:" : "      "} imagespec ${command.name} ${form}`,
  );
  const lines = [
    ...usage,
    "",
    ...command.description.flatMap((paragraph) => [paragraph, ""]),
    ...formatOptions(command.options),
  ];
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

function formatOptions(options: OptionTable): readonly string[] {
  const rows = Object.entries({ ...options, help }).map(
    ([name, option]) => [describe(name, option), summaryOf(option)] as const,
  );
  const width = Math.max(...rows.map(([left]) => left.length));
  return ["options:", ...rows.map(([left, summary]) => `  ${left.padEnd(width)}  ${summary}`)];
}

function describe(name: string, { short, type, value }: Option): string {
  const letter = short === undefined ? "    " : `-${short}, `;
  return `${letter}--${name}${type === "text" ? ` ${value ?? "VALUE"}` : ""}`;
}

function summaryOf({ summary, choices, isList }: Option): string {
  const notes = [...(choices === undefined ? [] : [choices.join(" | ")]), ...(isList ? ["may be repeated"] : [])];
  return notes.length === 0 ? summary : `${summary} (${notes.join("; ")})`;
}
