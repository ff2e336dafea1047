import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { usageError } from "../arguments/usage-error.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { formatOptions } from "../flytekit/format-options.ts";

const { "flytekit-version": version, python } = formatOptions;

/** `imagespec import` */
export const importCommand: Command = {
  name: "import",
  usage: ["flytekit FILE [options]"],
  description: [
    "Prints what a spec of another project means here: a report, as comments, and then the spec. Of flytekit: what means the same,\nwhat differs in the image, and what flytekit does without a word. Nothing is built.",
  ],
  options: {
    ...(version === undefined ? {} : { "flytekit-version": version }),
    ...(python === undefined ? {} : { python }),
    json: { type: "flag", summary: "print JSON for programs" },
    "no-color": { type: "flag", summary: "print without colours" },
  },
  isVerbatim: true,
  maxPositionals: 2,
  run,
};

async function run(args: ParsedArguments, context: CommandContext): Promise<number> {
  const [what, file] = args.positionals;
  if (what !== "flytekit") {
    throw usageError(
      what === undefined ? '"import" needs to know whose spec it reads' : `"import" cannot read specs of "${what}"`,
      'write "imagespec import flytekit FILE"',
    );
  }
  if (file === undefined) throw usageError('"import" needs a file', 'write "imagespec import flytekit FILE"');
  const [{ loadFlytekitFile }, { formatFlytekitImport, importFlytekitSpec }] = await Promise.all([
    import("../flytekit/load-flytekit-specs.ts"),
    import("@imagespec/flytekit"),
  ]);
  const request = await loadFlytekitFile(file, args, context);
  const imported = importFlytekitSpec(request.spec, request);
  context.stdout.write(
    args.flag("json")
      ? `${JSON.stringify({ type: "import", exitCode: 0, ...imported })}\n`
      : formatFlytekitImport(imported, request),
  );
  return 0;
}
