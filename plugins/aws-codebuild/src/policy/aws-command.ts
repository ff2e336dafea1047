import type { CliCommand, CliContext } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import { openAws } from "../aws/open-aws.ts";
import type { AwsCodebuildOptions } from "../aws-codebuild-options.ts";
import { buildspec } from "../build/buildspec.ts";
import { optionsOf } from "../doctor/context-options.ts";
import { policyDocuments } from "./policy-documents.ts";

const help = `usage: imagespec aws policy [caller | project | trust] [options]
       imagespec aws buildspec

Prints what the builder aws-codebuild needs in your account, as it is configured here. "policy": the IAM policies of whoever
runs imagespec (caller), of the role that builds run under (project), and who may take that role (trust). "buildspec": the
one of all builds, to be stored in the project for the option "buildspec: project". Nothing is changed.

options:
      --account ID       AWS account, when it is not that of the credentials
      --region NAME      AWS region, when it is not that of the configuration
      --repository NAME  repositories that images go to, with wildcards (may be repeated)
      --secret NAME      a secret that specs name by { aws: NAME } (may be repeated)
`;

/** `imagespec aws policy` */
export const awsCommand: CliCommand = {
  name: "aws",
  summary: "IAM policies and the buildspec of the builder aws-codebuild",
  help,
  run,
};

const kinds = ["caller", "project", "trust"] as const;

async function run(argv: readonly string[], context: CliContext): Promise<number> {
  const { words, values } = parse(argv);
  const [command, kind, ...rest] = words;
  if (command === "buildspec" && words.length === 1) {
    context.stdout.write(buildspec);
    return 0;
  }
  if (command !== "policy")
    throw usage(command === undefined ? "a command is missing" : `there is no command "aws ${command}"`);
  if ((kind !== undefined && !kinds.some((known) => known === kind)) || rest.length > 0)
    throw usage(`"${rest[0] ?? kind}" is not one of ${kinds.join(", ")}`);
  const options = optionsOf(context);
  const documents = policyDocuments(options, {
    ...(await place(options, values, context)),
    repositories: values.get("repository") ?? ["*"],
    secrets: values.get("secret") ?? [],
  });
  const printed = kinds.find((known) => known === kind);
  context.stdout.write(`${JSON.stringify(printed === undefined ? documents : documents[printed], null, 2)}\n`);
  return 0;
}

async function place(
  options: AwsCodebuildOptions,
  values: ReadonlyMap<string, readonly string[]>,
  { signal }: CliContext,
): Promise<{ readonly account: string; readonly region: string }> {
  const aws = openAws(options);
  const region = values.get("region")?.at(-1) ?? (await aws.region());
  const given = values.get("account")?.at(-1);
  return { region, account: given ?? (await (await aws.identity()).whoAmI({ signal })).account };
}

const names = new Set(["account", "region", "repository", "secret"]);

function parse(argv: readonly string[]): {
  readonly words: readonly string[];
  readonly values: ReadonlyMap<string, readonly string[]>;
} {
  const words: string[] = [];
  const values = new Map<string, readonly string[]>();
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? "";
    if (!word.startsWith("-")) {
      words.push(word);
      continue;
    }
    const [, name = "", inline] = /^--([a-z]+)(?:=([\s\S]*))?$/.exec(word) ?? [];
    const value = inline ?? argv[++index];
    if (!names.has(name)) throw usage(`there is no option "${word}"`);
    if (value === undefined) throw usage(`the option "${word}" wants a value`);
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return { words, values };
}

function usage(message: string): ImageSpecError {
  return new ImageSpecError("CONFIG_INVALID", message, { hint: "run imagespec aws policy --help" });
}
