import type { ContextFile } from "../context/context-entry.ts";
import { textEntry } from "../context/text-entry.ts";
import { pythonStage } from "../plan/choose-python.ts";
import type { StageGroup } from "../plan/package-groups.ts";
import type { PlanState } from "../plan/plan-state.ts";
import { localFilesFolder, requirementLines } from "../plan/requirement-lines.ts";
import { installOptions } from "../plan/uv-options.ts";
import { installScript } from "../scripts/install-script.ts";
import { bindMount } from "../text/mount.ts";
import { quoteShell } from "../text/quote-word.ts";
import { hasSystemStage } from "./base-stages.ts";
import { packageMounts } from "./build-tools.ts";

export function stageName({ key }: StageGroup): string {
  return `packages-${key}`;
}

/** One stage for each group; they run side by side, and what is in one does not depend on the others. */
export function writePackageStages(state: PlanState): void {
  const { groups, python, text, context } = state;
  if (python === undefined || groups.length === 0) return;
  context.add(textEntry("build/install.py", installScript));
  const wheelStage = pythonStage(python);
  const buildStage = groups.some(({ isBuilt }) => isBuilt) ? writeBuildStage(state, wheelStage) : wheelStage;
  for (const group of groups) {
    text.blank();
    text.comment(group.members.map(({ name, version }) => `${name} ${version}`.trim()).join(", "));
    text.instruction("FROM", [`${group.isBuilt ? buildStage : wheelStage} AS ${stageName(group)}`]);
    writeInstall(state, group, python.path);
  }
}

/** Packages that are compiled need compilers and headers, which the system packages bring. */
function writeBuildStage(state: PlanState, wheelStage: string): string {
  if (!hasSystemStage(state)) return wheelStage;
  if (wheelStage === "base") return "system";
  const folder = state.python?.source === "uv" ? "/opt/python" : "/opt/conda";
  const { text, options } = state;
  text.blank();
  text.comment("Where packages are compiled");
  text.instruction("FROM", ["system AS build"]);
  text.instruction("COPY", [
    `${options.dialect === "modern" ? "--link " : ""}--from=${wheelStage} ${folder} ${folder}`,
  ]);
  return "build";
}

function writeInstall(state: PlanState, group: StageGroup, python: string): void {
  const { spec, text, context, secrets, input } = state;
  const files: ReadonlyMap<string, ContextFile> = input.files ?? new Map();
  const lines = requirementLines(spec, input.resolution?.pylock ?? "", files);
  const bust = secrets.bust("packages");
  const requirements = [
    ...(bust === undefined ? [] : [`# secrets ${bust}`]),
    ...group.members.map((member) => lines.of(member)),
  ];
  const file = `packages/${group.key}.txt`;
  context.add(textEntry(file, `${requirements.join("\n")}\n`));
  const local = group.members.flatMap(({ wheel, sdist }) => {
    const archive = wheel ?? (sdist?.kind === "archive" ? sdist : undefined);
    const found = archive === undefined ? undefined : files.get(archive.url);
    return archive === undefined || found === undefined ? [] : [{ ...found, path: `files/${archive.filename}` }];
  });
  context.add(...local);
  const options = [...installOptions(spec, group.isBuilt), ...(spec.bytecode ? ["--compile-bytecode"] : [])];
  text.instruction(
    "RUN",
    [
      ...packageMounts(state),
      bindMount("build/install.py", "/build/install.py"),
      bindMount(file, "/build/packages.txt"),
      ...local.map((entry) => bindMount(entry.path, `${localFilesFolder}/${entry.path.slice("files/".length)}`)),
      `${quoteShell(python)} -IB /build/install.py`,
      ...byOption([...secrets.loginArguments(), ...options.map(quoteShell)]),
    ],
    {
      name: `packages ${group.members.map(({ name }) => name).join(" ")}`,
      field: spec.packages.length > 0 ? "packages" : "requirements",
      members: group.members.map(({ name }) => name),
    },
  );
}

/** Options with their values, a line for each. */
function byOption(words: readonly string[]): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.length - 1;
    if (word.startsWith("-") || last < 0) lines.push(word);
    else lines[last] = `${lines[last]} ${word}`;
  }
  return lines;
}
