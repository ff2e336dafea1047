import { isOwnWorkdir, profileEnv, profileLayout, venvLinks } from "@imagespec/core";
import { linkEntry, textEntry } from "../context/text-entry.ts";
import { pythonStage } from "../plan/choose-python.ts";
import type { PlanState } from "../plan/plan-state.ts";
import { isNumeric, isRoot } from "../plan/plan-user.ts";
import { specProblem } from "../plan/spec-problem.ts";
import { assignment, execForm, newlineArgument, quoteShell, quoteWord } from "../text/quote-word.ts";
import { hasSystemStage } from "./base-stages.ts";
import { writeCommandEnvironment, writeCommands } from "./commands.ts";
import { environmentFiles, runtimeFolder } from "./environment-files.ts";
import { stageName } from "./package-stages.ts";
import { writeSource } from "./source-steps.ts";

/** The image itself: what the other stages made, joined in the order of what changes least. */
export function writeImageStage(state: PlanState): void {
  const { text, spec } = state;
  text.blank();
  text.comment("The image");
  const below = hasSystemStage(state) ? "system" : "base";
  text.instruction("FROM", [`${below} AS image`]);
  if (needsNewline(state)) {
    text.comment(`A line break, which a Dockerfile cannot write: --build-arg ${newlineArgument}=$'\\n'`);
    text.instruction("ARG", [newlineArgument]);
    text.instruction("ARG", [`IMAGESPEC_CHECK="\${${newlineArgument}:?has to be given as a line break}"`]);
  }
  if (spec.part === "system") writeSystemPart(state);
  else writeWhole(state);
}

/** The lower half of a split build: what a container gets stays the base's. */
function writeSystemPart(state: PlanState): void {
  const { text, base } = state;
  writeCommands(state, "packages");
  writeCommands(state, "source");
  writeLabels(state);
  const user = base?.config.User ?? "";
  if (!isRoot(user)) text.instruction("USER", [quoteWord(user)]);
}

function writeWhole(state: PlanState): void {
  const { text, base, spec } = state;
  // Before the packages: a step that runs after them would make the daemon unpack what it otherwise only joins.
  if (base === undefined) writeScratchUser(state);
  else writeUser(state);
  writePackages(state);
  writeEnvironment(state);
  if (spec.commands.some(({ after }) => after !== "system")) {
    text.blank();
    writeCommandEnvironment(state);
    writeCommands(state, "packages");
  }
  writeLateFolders(state);
  writeSource(state);
  writeCommands(state, "source");
  writeConfig(state);
}

/** Whether a Dockerfile for these values needs {@link newlineArgument}. */
export function needsNewline({ spec, input }: Pick<PlanState, "spec" | "input">): boolean {
  const records = [spec.env, input.env, spec.labels, input.labels];
  return records.some((record) => Object.entries(record).some((pair) => pair.join("").includes("\n")));
}

function writePackages({ text, groups, python, spec, base, context, options }: PlanState): void {
  if (python === undefined) return;
  const link = options.dialect === "modern" ? "--link " : "";
  text.blank();
  if (python.source !== "base") {
    const folder = python.source === "uv" ? "/opt/python" : "/opt/conda";
    text.instruction("COPY", [`${link}--from=${pythonStage(python)} ${folder} ${folder}`]);
  }
  for (const group of groups) {
    text.instruction("COPY", [`${link}--from=${stageName(group)} /opt/venv /opt/venv`], {
      name: `packages ${group.members.map(({ name }) => name).join(" ")}`,
      field: spec.packages.length > 0 ? "packages" : "requirements",
      members: group.members.map(({ name }) => name),
    });
  }
  const isThere = base?.config.Env?.includes("VIRTUAL_ENV=/opt/venv") === true;
  const hasRuntime = spec.runtimePackages.length > 0;
  context.add(...environmentFiles(python, { workdir: spec.workdir, hasRuntime, isThere }));
  text.instruction("COPY", [`${link}environment/ /opt/venv/`]);
  const links = venvLinks(spec.profile, python.path);
  if (links.length === 0) return;
  context.add(...links.map((path) => linkEntry(`layout${path}`, "/opt/venv")));
  text.instruction("COPY", [`${link}layout/ /`]);
}

/** A shell is there: the user is added to what the base has. */
function writeUser(state: PlanState): void {
  const { text, user, spec } = state;
  const own = isLate(state) ? [] : ownFolders(state);
  const folders = [...(user.isAdded ? [profileLayout(spec.profile).user.home] : []), ...own];
  text.blank();
  if (folders.length > 0) writeFolders(state, folders, own);
  text.instruction("WORKDIR", [quoteWord(spec.workdir)], { name: "workdir", field: "workdir" });
}

/** What belongs to the image's user, as words of a shell. */
function ownFolders({ spec, python }: PlanState): readonly string[] {
  const hasRuntime = spec.runtimePackages.length > 0 && python !== undefined;
  return [
    ...(isOwnWorkdir(spec.workdir, spec.profile) ? [quoteShell(spec.workdir)] : []),
    ...(hasRuntime ? [runtimeFolder] : []),
  ];
}

function writeFolders({ text, user, spec }: PlanState, folders: readonly string[], own: readonly string[]): void {
  const account = profileLayout(spec.profile).user;
  const id = `${account.id}:${account.id}`;
  const add = [
    `add() { [ -z "$(tail -c 1 "$1")" ] || echo >> "$1"; grep -q '^${account.name}:' "$1" || echo "$2" >> "$1"; };`,
    `add /etc/passwd '${account.name}:x:${id}::${account.home}:${account.shell}';`,
    `add /etc/group '${account.name}:x:${account.id}:';`,
  ];
  const owner = chownWord(user.owner);
  const chowns = [
    ...(user.isAdded ? [{ owner: id, folders: [account.home] }] : []),
    ...(own.length > 0 ? [{ owner, folders: own }] : []),
  ];
  const merged = chowns.every((entry) => entry.owner === id) ? [{ owner: id, folders }] : chowns;
  text.comment(user.isAdded ? "The user of the image, beside those of the base" : "The folders of the image's user");
  text.instruction(
    "RUN",
    [
      "set -eu;",
      ...(user.isAdded ? add : []),
      `mkdir -p ${folders.join(" ")};`,
      ...merged.map((entry, index) => {
        const end = index === merged.length - 1 ? "" : ";";
        return `chown ${entry.owner} ${entry.folders.join(" ")}${end}`;
      }),
    ],
    { name: "user", field: "user" },
  );
}

/** A user that a command may have to add first. */
function isLate({ user, base }: PlanState): boolean {
  return base !== undefined && user.isAdded && !isNumeric(user.owner);
}

function writeLateFolders(state: PlanState): void {
  const { text, user } = state;
  const own = ownFolders(state);
  if (!isLate(state) || own.length === 0) return;
  text.instruction("RUN", [`mkdir -p ${own.join(" ")} && chown ${chownWord(user.owner)} ${own.join(" ")}`], {
    name: "user",
    field: "user",
  });
}

/** With the user's own group where none is named. */
function chownWord(owner: string): string {
  return owner.includes(":") ? owner : `${owner}:`;
}

/** Nothing can be run: the files come from the context, the folders from WORKDIR, which makes them for the user. */
function writeScratchUser({ text, spec, user, context }: PlanState): void {
  const { name, id, home, shell } = profileLayout(spec.profile).user;
  context.add(
    textEntry("root/etc/passwd", `root:x:0:0:root:/root:/bin/sh\n${name}:x:${id}:${id}::${home}:${shell}\n`),
    textEntry("root/etc/group", `root:x:0:\n${name}:x:${id}:\n`),
    { kind: "directory", path: "root/home", mode: 0o755 },
  );
  if (!user.name.split(":").every((part) => /^\d+$/.test(part) || part === "root" || part === name)) {
    throw specProblem(
      "BASE_UNSUPPORTED",
      "user",
      `an empty base has no user "${user.name}"`,
      "give the user by number, or leave it out",
    );
  }
  text.comment("The user of the image; WORKDIR makes folders for whom USER names");
  text.instruction("COPY", ["root/ /"]);
  text.instruction("USER", [`${id}:${id}`]);
  text.instruction("WORKDIR", [home]);
  if (isOwnWorkdir(spec.workdir, spec.profile)) text.instruction("USER", [user.owner]);
  else text.instruction("USER", ["0:0"]);
  text.instruction("WORKDIR", [quoteWord(spec.workdir)], { name: "workdir", field: "workdir" });
}

const venvBin = "/opt/venv/bin";
const usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

function writeEnvironment({ text, spec, python, base }: PlanState): void {
  const lines: string[] = [];
  const baseEnv = base?.config.Env ?? [];
  if (python !== undefined) {
    const { lastOnPath } = profileLayout(spec.profile);
    if (!Object.hasOwn(spec.env, "PATH")) lines.push(`PATH=${searchPath(python.source, baseEnv, lastOnPath)}`);
    if (!Object.hasOwn(spec.env, "VIRTUAL_ENV")) lines.push("VIRTUAL_ENV=/opt/venv");
  }
  const env = { ...profileEnv(spec.profile, baseEnv), ...spec.env };
  for (const [name, value] of Object.entries(env)) lines.push(assignment(name, value, `env.${name}`));
  if (lines.length === 0) return;
  text.blank();
  text.instruction("ENV", lines, { name: "env", field: "env" });
}

/** The environment first; what else the base has stays. */
function searchPath(source: "base" | "uv" | "conda", env: readonly string[], last: readonly string[]): string {
  const first = source === "conda" ? [venvBin, "/opt/conda/bin"] : [venvBin];
  const there = env.find((line) => line.startsWith("PATH="))?.slice("PATH=".length);
  const folders = (there ?? usualPath).split(":");
  const placed = [...first, ...last];
  if (there !== undefined && !folders.some((folder) => placed.includes(folder)))
    return [...first, "$PATH", ...last].join(":");
  return quoteWord([...first, ...folders.filter((folder) => !placed.includes(folder)), ...last].join(":"));
}

function writeLabels({ text, spec, input }: PlanState): void {
  const labels = Object.entries({ ...spec.labels, ...input.labels });
  if (labels.length > 0) {
    const lines = labels.map(([name, value]) => assignment(name, value, `labels.${name}`));
    text.instruction("LABEL", lines, { name: "labels", field: "labels" });
  }
}

function writeConfig(state: PlanState): void {
  const { text, spec, input, user } = state;
  text.blank();
  text.comment("What a container gets; here at the end, since it changes with every spec");
  const env = Object.entries(input.env).map(([name, value]) => assignment(name, value, "env"));
  if (env.length > 0) text.instruction("ENV", env);
  writeLabels(state);
  // Clears the base's CMD.
  if (spec.entrypoint !== undefined)
    text.instruction("ENTRYPOINT", [execForm(spec.entrypoint)], { name: "entrypoint", field: "entrypoint" });
  if (spec.cmd !== undefined) text.instruction("CMD", [execForm(spec.cmd)], { name: "cmd", field: "cmd" });
  text.instruction("USER", [quoteWord(user.name)], { name: "user", field: "user" });
}
