import { stat } from "node:fs/promises";
import { relative, resolve } from "node:path";
import type { LoadedSpec, LockStatus } from "@imagespec/core";
import { systemCodeOf } from "@imagespec/errors";
import type { OptionTable } from "../arguments/option.ts";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { usageError } from "../arguments/usage-error.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatLockResult, formatLockStatus } from "../output/format-lock.ts";
import { styleFor } from "../output/style.ts";
import { displayOptions, engineOptions } from "../session/engine-options.ts";
import { openSession } from "../session/open-session.ts";
import { warnOfProblems } from "../session/warn-of-problems.ts";
import { loadSpecs } from "../specs/load-specs.ts";

const options: OptionTable = {
  upgrade: { type: "flag", short: "U", summary: "take the newest of everything, or of the packages that are named" },
  "upgrade-base": { type: "flag", summary: "take the newest base" },
  check: { type: "flag", summary: "write nothing, and fail when a lock is missing or stale" },
  platform: { type: "text", value: "OS/ARCH", isList: true, summary: "platform of the images" },
  verbose: { type: "flag", short: "v", summary: "print what is being done" },
  ...engineOptions,
  ...displayOptions,
};

const specFile = /\.(?:ya?ml|json|[cm]?js|m?ts)$/;

/** `imagespec lock` */
export const lock: Command = {
  name: "lock",
  usage: ["[FILE…] [options]", "[FILE…] --upgrade [PACKAGE…] [options]", "[FILE…] --check"],
  description: [
    "Writes pylock.<name>.toml beside each spec file: what its packages resolve to, file by file, and what its base image\nis now. Builds install exactly that from then on. Without a file, the only spec file of this folder is taken.",
    "What a lock pins stays until it no longer fits the spec, or is upgraded.",
  ],
  options,
  run,
};

async function run(args: ParsedArguments, context: CommandContext): Promise<number> {
  const { stdout, stderr, env, cwd, signal } = context;
  const upgrades = args.flag("upgrade");
  const checks = args.flag("check");
  if (checks && (upgrades || args.flag("upgrade-base"))) {
    throw usageError('"--check" and an upgrade cannot be combined', "leave one out");
  }
  const { files, packages } = upgrades
    ? await splitPositionals(args.positionals, cwd)
    : { files: args.positionals, packages: [] };
  const specs = await loadSpecs(files, context);
  await using session = await openSession(args, context);
  const platform = args.list("platform").flatMap((list) => list.split(","));
  const inputs = specs.map(inputOf);
  const common = { signal, ...(platform.length === 0 ? {} : { platform }) };
  const isJson = args.flag("json");
  const style = styleFor(stdout, env, args.flag("no-color"));
  if (!isJson) warnOfProblems(session.problems, context, args.flag("no-color"));
  const nameOf = (file: string): string => relative(cwd, file) || file;
  if (checks) {
    const locks = await session.engine.lockStatus(inputs, common);
    const exitCode = locks.every(isCurrent) ? exitCodes.ok : exitCodes.usage;
    if (isJson) stdout.write(`${JSON.stringify({ type: "locks", exitCode, locks })}\n`);
    else
      for (const status of locks) stdout.write(`${formatLockStatus(status, nameOf(status.file), style).join("\n")}\n`);
    return exitCode;
  }
  const onLog = (text: string): void => {
    if (args.flag("verbose")) stderr.write(`  ${text.trimEnd()}\n`);
  };
  const results = await session.engine.lock(inputs, {
    ...common,
    onLog,
    upgrade: packages.length > 0 ? packages : upgrades,
    ...(args.flag("upgrade-base") ? { upgradeBase: true } : {}),
  });
  if (isJson) {
    const locks = results.map(({ text: _text, ...result }) => result);
    stdout.write(`${JSON.stringify({ type: "locks", exitCode: exitCodes.ok, locks })}\n`);
    return exitCodes.ok;
  }
  for (const result of results) stdout.write(`${formatLockResult(result, nameOf(result.file), style).join("\n")}\n`);
  return exitCodes.ok;
}

function inputOf({ spec, root, lockName }: LoadedSpec) {
  return { spec, options: { root, lockName } };
}

function isCurrent({ status }: LockStatus): boolean {
  return status === "current";
}

/** After `--upgrade`, what is no spec file is a package: `ruamel.yaml` too, unless there is such a file. */
async function splitPositionals(
  positionals: readonly string[],
  cwd: string,
): Promise<{ readonly files: readonly string[]; readonly packages: readonly string[] }> {
  const files: string[] = [];
  const packages: string[] = [];
  for (const text of positionals) {
    const isFile = text === "-" || (specFile.test(text) && (await exists(resolve(cwd, text))));
    (isFile ? files : packages).push(text);
  }
  return { files, packages };
}

async function exists(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    return false;
  }
}
