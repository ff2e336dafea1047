import type { Command } from "../command.ts";
import { textWidth } from "../output/text-width.ts";
import type { Option, OptionTable } from "./option.ts";

const help: Option = { type: "flag", short: "h", summary: "show this help" };

/** The help text of a command; for a terminal of so many columns, its paragraphs are without line breaks if they would not fit. */
export function formatHelp(command: Command, columns?: number): string {
  const usage = command.usage.map(
    (form, index) => `${index === 0 ? "usage:" : "      "} imagespec ${command.name} ${form}`,
  );
  const lines = [
    ...usage,
    "",
    ...command.description.flatMap((paragraph) => [fits(paragraph, columns) ? paragraph : unbroken(paragraph), ""]),
    ...formatOptions(command.options),
  ];
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

function fits(paragraph: string, columns = Number.POSITIVE_INFINITY): boolean {
  return columns === 0 || paragraph.split("\n").every((line) => textWidth(line) <= columns);
}

/** Indented lines are lists and stay. */
function unbroken(paragraph: string): string {
  return paragraph.replace(/(?<=\S)\n(?! )/g, " ");
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
