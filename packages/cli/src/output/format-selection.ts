import type { BuilderVerdict, Selection } from "@imagespec/core";
import type { Style } from "./style.ts";
import { padTo, textWidth } from "./text-width.ts";

/** What every builder said, one after the other in the order in which they were asked. */
export function formatSelection({ builder, verdicts }: Selection, style: Style): readonly string[] {
  if (verdicts.length === 0) {
    return [
      "  no builder is installed",
      `  ${style.cyan("hint:")} run npm install --save-dev @imagespec/builder-assemble`,
    ];
  }
  const width = Math.max(...verdicts.map((verdict) => verdict.builder.length));
  const namesPlatform = new Set(verdicts.flatMap(({ platforms }) => platforms)).size > 1;
  let isFound = false;
  return verdicts.flatMap((verdict) => {
    const isChosen = !isFound && verdict.builder === builder?.name && verdict.verdict.action === "build";
    isFound ||= isChosen;
    const name = padTo(verdict.builder, width);
    return formatVerdict(verdict, `  ${isChosen ? style.bold(name) : name}  `, namesPlatform, style);
  });
}

const wordWidth = 11;

function formatVerdict(
  { verdict, platforms }: BuilderVerdict,
  prefix: string,
  namesPlatform: boolean,
  style: Style,
): readonly string[] {
  const blank = " ".repeat(textWidth(prefix) + wordWidth + 2);
  const where = namesPlatform ? style.dim(`   ${platforms.join(" ")}`) : "";
  const first = (word: string, text: string): string => `${prefix}${word}  ${text}${where}`.trimEnd();
  const hint = (text: string | undefined): readonly string[] =>
    text === undefined ? [] : [`${blank}${style.cyan("hint:")} ${text}`];
  switch (verdict.action) {
    case "build":
      return [first(style.green(padTo("build", wordWidth)), verdict.detail ?? platforms.join(" "))];
    case "skip":
      return [first(style.green(padTo("exists", wordWidth)), verdict.existing.reference)];
    case "unavailable":
      return [first(style.yellow(padTo("unavailable", wordWidth)), verdict.reason), ...hint(verdict.hint)];
    default:
      return verdict.problems.flatMap(({ path, message, hint: way }, index) => {
        const text = path === "" || message.startsWith(path) ? message : `${path}: ${message}`;
        return [
          index === 0 ? first(style.yellow(padTo("declined", wordWidth)), text) : `${blank}${text}`,
          ...hint(way),
        ];
      });
  }
}
