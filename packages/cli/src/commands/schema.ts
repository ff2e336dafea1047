import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { usageError } from "../arguments/usage-error.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";

/** `imagespec schema` */
export const schema: Command = {
  name: "schema",
  usage: ["[spec|config|flytekit]"],
  description: [
    "Prints the JSON Schema (2020-12) of spec files, of the configuration file, or of the\nrequests by which programs have flytekit's specs built, for editors and checks. In a YAML file, an\neditor with the YAML language server finds it by the line\n  # yaml-language-server: $schema=FILE",
  ],
  options: {},
  isVerbatim: true,
  maxPositionals: 1,
  run,
};

async function run(args: ParsedArguments, { stdout }: CommandContext): Promise<number> {
  const [what = "spec"] = args.positionals;
  if (what !== "spec" && what !== "config" && what !== "flytekit") {
    const hint = 'write "imagespec schema", "imagespec schema config" or "imagespec schema flytekit"';
    throw usageError(`there is no schema of "${what}"`, hint);
  }
  const found =
    what === "spec"
      ? (await import("@imagespec/core")).imageSpecSchema
      : what === "flytekit"
        ? (await import("@imagespec/flytekit")).flytekitRequestSchema
        : (await import("../config/config-schema.ts")).configSchema;
  stdout.write(`${JSON.stringify(found, null, 2)}\n`);
  return 0;
}
