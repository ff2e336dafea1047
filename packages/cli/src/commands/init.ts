import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ImageSpecError, systemCodeOf } from "@imagespec/errors";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { formatFirstSpec } from "../specs/first-spec.ts";
import { inspectProject } from "../specs/inspect-project.ts";

/** `imagespec init` */
export const init: Command = {
  name: "init",
  usage: ["[FILE] [options]"],
  description: [
    "Looks at the project in this folder (pyproject.toml, uv.lock, requirements.txt, src) and writes a first spec file,\nimage.yaml unless another name is given.",
  ],
  options: {
    force: { type: "flag", summary: "replace the file when it exists" },
  },
  maxPositionals: 1,
  run,
};

async function run(args: ParsedArguments, { cwd, stdout }: CommandContext): Promise<number> {
  const name = args.positionals[0] ?? "image.yaml";
  const project = await inspectProject(cwd);
  try {
    await writeFile(resolve(cwd, name), formatFirstSpec(project), { flag: args.flag("force") ? "w" : "wx" });
  } catch (error) {
    if (systemCodeOf(error) !== "EEXIST") throw error;
    throw new ImageSpecError("SPEC_CONFLICT", `"${name}" exists already`, {
      hint: "name another file, or replace this one with --force",
      details: { file: name },
    });
  }
  stdout.write(
    `wrote ${name}\n\nnext:\n  imagespec plan ${name}\n  imagespec build ${name}\n  imagespec run ${name}\n`,
  );
  return 0;
}
