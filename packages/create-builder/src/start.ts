import path from "node:path";
import { parseArgs } from "node:util";
import { ImageSpecError, isImageSpecError, messageOf } from "@imagespec/errors";
import { askAnswers } from "./ask-answers.ts";
import { builderNames } from "./builder-names.ts";
import { scaffoldBuilder } from "./scaffold-builder.ts";

const help = `Usage: npm create imagespec-builder NAME [-- options]

Makes the repository of a builder for imagespec: a working builder, its tests with the conformance suite, README,
changeset and CI. NAME is the builder's, such as slurm; the package is imagespec-builder-NAME, or with a scope:
@acme/imagespec-builder-NAME.

Options:
  --folder FOLDER       where to write (default: the package's name)
  --description TEXT    one sentence for package.json and README
  -y, --yes             ask nothing
  -h, --help            print this
`;

/** The command `create-imagespec-builder`. */
export async function start(argv: readonly string[] = process.argv.slice(2)): Promise<void> {
  try {
    process.exitCode = await run(argv);
  } catch (error) {
    const hint = isImageSpecError(error) && error.hint !== undefined ? `\n  hint: ${error.hint}` : "";
    process.stderr.write(`✗ ${messageOf(error)}${hint}\n`);
    process.exitCode = isImageSpecError(error, "CONFIG_INVALID") ? 2 : 1;
  }
}

async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = read(argv);
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const given = { name: positionals[0], folder: values.folder, description: values.description };
  const isAsking = values.yes !== true && process.stdin.isTTY && process.stdout.isTTY;
  const answers = isAsking ? await askAnswers(given) : given;
  if (answers === undefined) return 130;
  const { name } = answers;
  if (name === undefined) {
    throw new ImageSpecError("CONFIG_INVALID", "the builder needs a name", {
      hint: "write npm create imagespec-builder NAME, such as slurm",
    });
  }
  const folder = path.resolve(answers.folder ?? builderNames(name).folder);
  const files = await scaffoldBuilder({ name, folder, description: answers.description });
  const relative = path.relative(process.cwd(), folder) || ".";
  process.stdout.write(`✔ ${files.length} files in ${relative}\n\n  cd ${relative}\n  npm install\n  npm test\n`);
  return 0;
}

function read(argv: readonly string[]) {
  try {
    const parsed = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        folder: { type: "string" },
        description: { type: "string" },
        yes: { type: "boolean", short: "y" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (parsed.positionals.length <= 1) return parsed;
    throw new TypeError(`one name is expected, "${parsed.positionals[1]}" is another one`);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ImageSpecError("CONFIG_INVALID", error.message, { hint: "see --help", cause: error });
  }
}
