import type { CliContext, DoctorFinding } from "@imagespec/core";
import { messageOf } from "@imagespec/errors";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { exitCodes } from "../exit-codes.ts";
import { styleFor } from "../output/style.ts";
import { findRunners } from "../run/find-runner.ts";
import { displayOptions, engineOptions } from "../session/engine-options.ts";
import { openSession, type Session } from "../session/open-session.ts";
import { pluginOptions } from "../session/plugin-options.ts";

/** `imagespec doctor` */
export const doctor: Command = {
  name: "doctor",
  usage: ["[options]"],
  description: [
    "Checks what builds need on this machine, and says what to do about what is missing. The exit code is 1 when a\ncheck finds an error.",
  ],
  options: { ...engineOptions, ...displayOptions },
  maxPositionals: 0,
  run,
};

interface Finding {
  readonly check: string;
  readonly finding: DoctorFinding;
}

async function run(args: ParsedArguments, context: CommandContext): Promise<number> {
  const { stdout, env } = context;
  await using session = await openSession(args, context);
  const findings = [
    { check: "node", finding: checkNode() },
    ...session.problems.map(
      ({ name, error }): Finding => ({
        check: name,
        finding: { status: "error", message: error.message, hint: error.hint ?? `reinstall "${name}"` },
      }),
    ),
    { check: "builders", finding: checkBuilders(session) },
    { check: "run", finding: await checkRun(context) },
    ...(await Promise.all(session.plugins.map((plugin) => pluginFindings(plugin, session, context)))).flat(),
  ];
  const exitCode = findings.some(({ finding }) => finding.status === "error") ? exitCodes.buildFailed : exitCodes.ok;
  if (args.flag("json")) {
    const list = findings.map(({ check, finding }) => ({ check, ...finding }));
    stdout.write(`${JSON.stringify({ type: "doctor", exitCode, findings: list })}\n`);
    return exitCode;
  }
  const style = styleFor(stdout, env, args.flag("no-color"));
  const marks = { ok: style.green("✔"), warning: style.yellow("!"), error: style.red("✗") };
  const width = Math.max(...findings.map(({ check }) => check.length));
  for (const { check, finding } of findings) {
    stdout.write(`  ${marks[finding.status]} ${check.padEnd(width)}  ${finding.message}\n`);
    if (finding.status !== "ok") stdout.write(`    ${" ".repeat(width)}  ${style.cyan("hint:")} ${finding.hint}\n`);
  }
  return exitCode;
}

function checkNode(): DoctorFinding {
  const { node } = process.versions;
  const [major = 0, minor = 0] = node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return { status: "ok", message: `Node.js ${node}` };
  return { status: "error", message: `Node.js ${node} is too old`, hint: "install Node.js 20.19 or newer" };
}

function checkBuilders({ engine }: Session): DoctorFinding {
  const names = engine.builders().map(({ name }) => name);
  if (names.length > 0) return { status: "ok", message: names.join(", ") };
  return {
    status: "error",
    message: "none is installed",
    hint: "run npm install --save-dev @imagespec/builder-assemble",
  };
}

async function checkRun({ env, signal }: CommandContext): Promise<DoctorFinding> {
  const { runner, refusals } = await findRunners(env, signal);
  if (runner !== undefined) return { status: "ok", message: `images run by ${runner.title}` };
  return {
    status: "warning",
    message: `images cannot be run here: ${refusals.map(({ reason }) => reason).join("; ")}`,
    hint: refusals[0]?.hint ?? "install Docker or Podman",
  };
}

async function pluginFindings(
  plugin: Session["plugins"][number],
  { config }: Session,
  context: CommandContext,
): Promise<readonly Finding[]> {
  try {
    const cli = await plugin.cli();
    const own: CliContext = { ...context, options: pluginOptions(plugin, config) };
    const found = await Promise.all(
      (cli?.doctor ?? []).map(async (check) =>
        (await check.run(own)).map((finding): Finding => ({ check: check.name, finding })),
      ),
    );
    return found.flat();
  } catch (error) {
    const hint = `report this to the authors of "${plugin.name}"`;
    return [{ check: plugin.name, finding: { status: "error", message: messageOf(error), hint } }];
  }
}
