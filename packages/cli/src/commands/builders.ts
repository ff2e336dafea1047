import type { Availability, DiscoveredPlugin, RegisteredBuilder, SelectionContext } from "@imagespec/core";
import { messageOf } from "@imagespec/errors";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import type { Style } from "../output/style.ts";
import { styleFor } from "../output/style.ts";
import { formatTable } from "../output/table.ts";
import { hostPlatform } from "../run/host-platform.ts";
import { displayOptions, engineOptions } from "../session/engine-options.ts";
import { openSession, type Session } from "../session/open-session.ts";

/** `imagespec builders` */
export const builders: Command = {
  name: "builders",
  usage: ["[options]"],
  description: [
    "Lists the builders of the plugins that this project depends on and of those that come with imagespec, in the order\nin which they are asked; then commands that plugins add, and plugins that cannot be loaded.",
  ],
  options: { ...engineOptions, ...displayOptions },
  maxPositionals: 0,
  run,
};

interface BuilderFacts {
  readonly name: string;
  readonly priority: number;
  readonly package: string | undefined;
  readonly version: string | undefined;
  readonly availability: Availability;
  readonly capabilities: readonly string[];
}

async function run(args: ParsedArguments, context: CommandContext): Promise<number> {
  const { stdout, env } = context;
  await using session = await openSession(args, context);
  const found = await Promise.all(session.engine.builders().map((registered) => factsOf(registered, session, context)));
  const commands = (await Promise.all(session.plugins.map(commandsOf))).flat();
  if (args.flag("json")) {
    const problems = session.problems.map(({ name, error }) => ({ name, error }));
    stdout.write(`${JSON.stringify({ type: "builders", exitCode: 0, builders: found, commands, problems })}\n`);
    return 0;
  }
  const style = styleFor(stdout, env, args.flag("no-color"));
  stdout.write(`${[...formatBuilders(found, style), ...formatExtras(commands, session, style)].join("\n")}\n`);
  return 0;
}

async function factsOf(
  { builder, name, priority, origin }: RegisteredBuilder,
  { plugins, registryClient }: Session,
  { signal }: CommandContext,
): Promise<BuilderFacts> {
  const plugin = plugins.find(({ manifest }) => Object.hasOwn(manifest.builders, name));
  const selection: SelectionContext = {
    output: { kind: "local-store", name: "image" },
    hostPlatform: hostPlatform(),
    allowEmulation: false,
    registryClient,
    signal,
  };
  let availability: Availability = { available: true };
  try {
    availability = (await builder.isAvailable?.(selection)) ?? availability;
  } catch (error) {
    availability = { available: false, reason: messageOf(error), hint: `report this to the authors of "${name}"` };
  }
  return {
    name,
    priority,
    package: plugin?.name ?? origin,
    version: plugin?.version,
    availability,
    capabilities: [...builder.capabilities].sort(),
  };
}

async function commandsOf(
  plugin: DiscoveredPlugin,
): Promise<readonly { readonly name: string; readonly summary: string; readonly package: string }[]> {
  try {
    const cli = await plugin.cli();
    return (cli?.commands ?? []).map(({ name, summary }) => ({ name, summary, package: plugin.name }));
  } catch (error) {
    return [{ name: "-", summary: `the commands cannot be loaded: ${messageOf(error)}`, package: plugin.name }];
  }
}

function formatBuilders(found: readonly BuilderFacts[], style: Style): readonly string[] {
  if (found.length === 0) return ["  no builder is installed"];
  const header = ["builder", "priority", "package", "state"].map((title) => style.dim(title));
  const rows = found.map((facts) => [
    style.bold(facts.name),
    String(facts.priority),
    [facts.package ?? "-", facts.version].filter((part) => part !== undefined).join(" "),
    facts.availability.available ? style.green("available") : style.yellow(`unavailable: ${facts.availability.reason}`),
  ]);
  const [first = "", ...lines] = formatTable([header, ...rows]);
  return [
    first,
    ...found.flatMap(({ availability, capabilities }, index) => [
      lines[index] ?? "",
      ...(availability.available ? [] : [`    ${style.cyan("hint:")} ${availability.hint}`]),
      ...wrap(capabilities, 96).map((line) => `    ${style.dim(line)}`),
    ]),
  ];
}

function formatExtras(
  commands: readonly { readonly name: string; readonly summary: string; readonly package: string }[],
  { problems }: Session,
  style: Style,
): readonly string[] {
  const broken = problems.flatMap(({ error }) => [
    `  ${style.red("✗")} ${error.message}   ${style.dim(error.code)}`,
    ...(error.hint === undefined ? [] : [`    ${style.cyan("hint:")} ${error.hint}`]),
  ]);
  const rows = commands.map(({ name, summary, package: owner }) => [style.bold(name), summary, style.dim(owner)]);
  return [
    ...(rows.length === 0 ? [] : ["", `  ${style.dim("commands of plugins")}`, ...formatTable(rows)]),
    ...(broken.length === 0 ? [] : ["", ...broken]),
  ];
}

function wrap(words: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 1 <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
