import { ImageSpecError } from "@imagespec/errors";
import type { OptionTable } from "../arguments/option.ts";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { usageError } from "../arguments/usage-error.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { styleFor } from "../output/style.ts";
import { findImage } from "../run/find-image.ts";
import { findRunners } from "../run/find-runner.ts";
import type { Runner } from "../run/runner.ts";
import { installRuntimePackages } from "../run/runtime-packages.ts";
import { buildOptions, engineOptions } from "../session/engine-options.ts";
import { openSession } from "../session/open-session.ts";
import { warnOfProblems } from "../session/warn-of-problems.ts";

const { output: _output, ...placed } = buildOptions;

const options: OptionTable = {
  image: { type: "text", value: "NAME", summary: "which of several specs of the file, by name or position" },
  env: { type: "text", value: "NAME[=VALUE]", short: "e", isList: true, summary: "set a variable, or pass one on" },
  entrypoint: { type: "text", value: "PROGRAM", summary: "run this program instead of the image's" },
  runner: { type: "text", value: "NAME", choices: ["docker", "podman", "linux"], summary: "how to run it" },
  ...placed,
  ...engineOptions,
  "no-color": { type: "flag", summary: "print without colours" },
  verbose: { type: "flag", short: "v", summary: "print what is done" },
};

/** `imagespec run` */
export const run: Command = {
  name: "run",
  usage: ["[FILE] [options] [-- ARGUMENTS]", "REFERENCE [options] [-- ARGUMENTS]"],
  description: [
    "Runs the image of a spec file, which is built when it does not exist, or an image of the local store or a registry.\nArguments replace the image's cmd. The exit code is the program's.",
    "Docker or Podman is used when it answers. Otherwise, on Linux, the image is unpacked and run in a chroot (as root) or\na user namespace; it shares the network and the processes of this machine.",
  ],
  options,
  takesRest: true,
  maxPositionals: 1,
  run: execute,
};

async function execute(args: ParsedArguments, context: CommandContext): Promise<number> {
  const { stderr, env, signal } = context;
  const isVerbose = args.flag("verbose");
  const hasNoColor = args.flag("no-color");
  const style = styleFor(stderr, env, hasNoColor);
  const variables = readVariables(args.list("env"), env);
  await using session = await openSession(args, context);
  warnOfProblems(session.problems, context, hasNoColor);
  const image = await findImage(args, session, context, { isVerbose, hasNoColor });
  if (typeof image === "number") return image;
  const runner = await chooseRunner(args.text("runner"), context);
  const say = (message: string): void => {
    if (isVerbose || stderr.isTTY) stderr.write(`  ${style.dim(message)}\n`);
  };
  if (isVerbose) say(`running ${image.reference} by ${runner.title}`);
  const { cacheFolder } = session;
  const runtimeFolder = await installRuntimePackages(image, { cacheFolder, env, signal, onProgress: say });
  // Awaited here: the session, from which layers are read, must outlive it.
  return await runner.run(image, {
    args: args.rest,
    entrypoint: args.text("entrypoint"),
    env: variables,
    runtimeFolder,
    cacheFolder,
    signal,
    handOver: (program) => context.handOver(program),
    onProgress: say,
  });
}

async function chooseRunner(name: string | undefined, { env, signal }: CommandContext): Promise<Runner> {
  const { runner, refusals } = await findRunners(env, signal, name);
  if (runner !== undefined) return runner;
  const reasons = refusals.map(({ reason }) => reason).join("; ");
  throw new ImageSpecError("RUN_UNAVAILABLE", `this machine offers no way of running an image: ${reasons}`, {
    hint: refusals.at(-1)?.hint ?? "install Docker or Podman",
    details: { refusals },
  });
}

function readVariables(
  texts: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const text of texts) {
    const split = text.indexOf("=");
    const name = split === -1 ? text : text.slice(0, split);
    if (name === "")
      throw usageError(`"${text}" is no variable`, 'write "--env NAME=VALUE", or "--env NAME" to pass one on');
    const value = split === -1 ? env[name] : text.slice(split + 1);
    if (value !== undefined) variables[name] = value;
  }
  return variables;
}
