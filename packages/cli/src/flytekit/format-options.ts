import type { OptionTable } from "../arguments/option.ts";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { usageError } from "../arguments/usage-error.ts";

/** Options of commands that read spec files of flytekit too. */
export const formatOptions: OptionTable = {
  format: {
    type: "text",
    value: "FORMAT",
    choices: ["imagespec", "flytekit"],
    summary: "what the files are: specs (default), or flytekit's spec files and requests",
  },
  "flytekit-version": { type: "text", value: "VERSION", summary: "flytekit whose tag is wanted, for its spec files" },
  python: { type: "text", value: "VERSION", summary: "Python that flytekit runs on, for its spec files" },
};

/** In flytekit's tags, so that nothing but the spec can say them; or of no use beside them. */
const refused = ["registry", "name", "tag-format", "platform", "locked"] as const;

/** Whether the files are flytekit's. @throws CLI_USAGE for options that do not go together */
export function readsFlytekit(args: ParsedArguments): boolean {
  if (args.text("format") !== "flytekit") {
    for (const name of ["flytekit-version", "python"] as const) {
      if (args.text(name) === undefined) continue;
      throw usageError(`"--${name}" is for flytekit's files`, 'add "--format flytekit", or leave it out');
    }
    return false;
  }
  for (const name of refused) {
    if (args.list(name).length === 0) continue;
    const what = name === "locked" ? "there are no locks of flytekit's specs" : "flytekit's tag holds it";
    throw usageError(`"--${name}" cannot be combined with "--format flytekit": ${what}`, "put it into the spec");
  }
  return true;
}
