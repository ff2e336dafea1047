import type { CommandPhase } from "@imagespec/core";
import { textEntry } from "../context/text-entry.ts";
import type { PlanState } from "../plan/plan-state.ts";
import { bindMount } from "../text/mount.ts";

const scriptTarget = "/run/imagespec/command.sh";

/** The commands of a phase, as root. */
export function writeCommands(state: PlanState, phase: CommandPhase): void {
  const { spec, text, context, secrets, options } = state;
  for (const [index, { run, after, secrets: ids }] of spec.commands.entries()) {
    if (after !== phase) continue;
    const bust = secrets.bust(ids);
    const mounts = [...secrets.command(ids), ...(options.ca === true ? secrets.machine("ca", bundle) : [])];
    const isInline = canStandInLine(run);
    if (!isInline) {
      const file = `commands/${index}.sh`;
      context.add(textEntry(file, run.endsWith("\n") ? run : `${run}\n`));
      mounts.push(bindMount(file, scriptTarget));
    }
    const start = bust === undefined ? "" : `: secrets ${bust}; `;
    text.instruction("RUN", [...mounts, `${start}${isInline ? run.trim() : `sh ${scriptTarget}`}`], {
      name: isInline ? run.trim() : `command ${index}`,
      field: `commands[${index}]`,
    });
  }
}

/** Environment for commands alone: build arguments are not part of the image. */
export function writeCommandEnvironment(state: PlanState): void {
  const { spec, text, python } = state;
  if (!spec.commands.some(({ after }) => after !== "system")) return;
  const entries: (readonly [string, string])[] = [];
  if (python !== undefined) {
    entries.push(["PIP_PYTHON", "/opt/venv/bin/python"], ["PIP_NO_CACHE_DIR", "1"], ["PIP_ROOT_USER_ACTION", "ignore"]);
    entries.push(["PIP_DISABLE_PIP_VERSION_CHECK", "1"]);
    if (!spec.bytecode) entries.push(["PIP_NO_COMPILE", "1"], ["PYTHONDONTWRITEBYTECODE", "1"]);
  }
  if (entries.length > 0) text.comment("For the commands alone: pip installs into the image's environment");
  for (const [name, value] of entries) text.instruction("ARG", [`${name}=${value}`]);
  writeCommandCertificates(state);
}

const bundle = "/etc/ssl/certs/ca-certificates.crt";

/** Where programs look that have certificates of their own; the rest takes the system's. */
export function writeCommandCertificates({ text, options }: PlanState): void {
  if (options.ca !== true || options.machineSecrets !== true) return;
  text.comment("The certificates of this machine, mounted for the commands alone");
  for (const name of ["SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"])
    text.instruction("ARG", [`${name}=${bundle}`]);
}

/** Whether a command can be written as it is: one line that BuildKit neither splits, joins nor takes for something else. */
function canStandInLine(command: string): boolean {
  const line = command.trim();
  // A here-document, a JSON list or a flag would be BuildKit's, a backslash in the end continues the line.
  return !/[\r\n]|<<|\\$|^(?:\[|--)/.test(line) && line.length < 2000;
}
