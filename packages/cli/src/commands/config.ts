import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { configNames } from "../config/find-config.ts";
import { loadConfig } from "../config/load-config.ts";
import { type Style, styleFor } from "../output/style.ts";
import { formatTable } from "../output/table.ts";
import { terminalText } from "../output/terminal-text.ts";
import { buildOptions, displayOptions, engineOptions } from "../session/engine-options.ts";
import { effectiveSettings, type Setting } from "../settings/effective-settings.ts";

const { registry, builder, "system-builder": systemBuilder, platform, existence } = buildOptions;

/** `imagespec config` */
export const config: Command = {
  name: "config",
  usage: ["[options]"],
  description: [
    "Shows the settings that commands run with in this folder, and where each comes from: a flag (give those of the\ncommand in question), the configuration file, the environment or the default, which wins in this order. Fields of a\nspec come between flags and the configuration. Passwords are masked.",
  ],
  options: {
    ...Object.fromEntries(
      Object.entries({ registry, builder, "system-builder": systemBuilder, platform, existence }).flatMap(
        ([name, option]) => (option === undefined ? [] : [[name, option]]),
      ),
    ),
    concurrency: { type: "text", value: "NUMBER", summary: "images in the making at once" },
    ...engineOptions,
    ...displayOptions,
  },
  maxPositionals: 0,
  run,
};

async function run(args: ParsedArguments, context: CommandContext): Promise<number> {
  const { cwd, stdout, env } = context;
  const loaded = await loadConfig(cwd);
  const settings = await effectiveSettings(args, loaded, context);
  if (args.flag("json")) {
    stdout.write(`${JSON.stringify({ type: "config", exitCode: 0, file: loaded.file ?? null, settings })}\n`);
    return 0;
  }
  const style = styleFor(stdout, env, args.flag("no-color"));
  const file =
    loaded.file ?? `none (${configNames[0]?.replace(/ts$/, "*")} in this folder, or above it in the repository)`;
  stdout.write(`  ${style.dim("configuration file")}  ${terminalText(file)}\n\n`);
  stdout.write(`${formatTable(settings.map((setting) => formatSetting(setting, style))).join("\n")}\n`);
  return 0;
}

function formatSetting({ name, value, source, from, note }: Setting, style: Style): readonly string[] {
  const shown = value === undefined ? style.dim(note ?? "none") : terminalText(formatValue(value));
  return [style.bold(name), shown, style.dim(source === "default" ? "default" : from.join(", "))];
}

function formatValue(value: Setting["value"]): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value.join(", ");
  return JSON.stringify(value);
}
