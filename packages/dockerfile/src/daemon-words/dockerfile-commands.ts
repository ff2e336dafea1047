/** An instruction that BuildKit reports as a step. */
export interface DockerfileCommand {
  /** Name of its stage; `stage-0` for the first of several without names, empty for the only one. */
  readonly stage: string;
  /** As BuildKit counts within the stage: from 1, where a pulled base is the first. */
  readonly index: number;
  /** The whole instruction, with every run of white space as one blank. */
  readonly text: string;
  readonly firstLine: number;
  readonly lastLine: number;
}

interface Instruction {
  readonly keyword: string;
  readonly words: string;
  readonly firstLine: number;
  readonly lastLine: number;
}

const counted = new Set(["RUN", "COPY", "ADD", "WORKDIR"]);

/**
 * The steps of a Dockerfile that this package wrote: their places in the text, by which an anonymous line of progress
 * (`[stage-1 3/7] RUN …`) finds the spec field that it carries out. Heredocs are not read.
 */
export function dockerfileCommands(dockerfile: string): readonly DockerfileCommand[] {
  // Stages are named after the whole text is read: one alone has no name.
  const stages: { readonly name: string | undefined; index: number }[] = [];
  const commands: (Omit<DockerfileCommand, "stage"> & { readonly stage: number })[] = [];
  for (const { keyword, words, firstLine, lastLine } of instructions(dockerfile)) {
    const text = withSingleBlanks(`${keyword} ${words}`);
    if (keyword === "FROM") {
      const from = /^(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(words);
      const base = from?.[1] ?? "";
      const isPulled = base !== "scratch" && !stages.some(({ name }) => name === base);
      stages.push({ name: from?.[2], index: isPulled ? 1 : 0 });
      if (isPulled) commands.push({ stage: stages.length - 1, index: 1, text, firstLine, lastLine });
      continue;
    }
    const stage = stages.at(-1);
    if (stage === undefined || !counted.has(keyword)) continue;
    stage.index++;
    commands.push({ stage: stages.length - 1, index: stage.index, text, firstLine, lastLine });
  }
  const nameOf = (stage: number): string => stages[stage]?.name ?? (stages.length === 1 ? "" : `stage-${stage}`);
  return commands.map((command) => ({ ...command, stage: nameOf(command.stage) }));
}

/** As instructions are compared: BuildKit joins the lines of one in its own way. */
export function withSingleBlanks(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function* instructions(text: string): Generator<Instruction> {
  let open: { keyword: string; words: string; firstLine: number } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    // Comments and empty lines stand between instructions, and within those that go on.
    if (line.trim() === "" || /^\s*#/.test(line)) continue;
    const goesOn = /\\\s*$/.test(line);
    const part = goesOn ? line.replace(/\\\s*$/, "") : line;
    if (open === undefined) {
      const start = /^\s*(\S+)\s*(.*)$/.exec(part);
      open = { keyword: (start?.[1] ?? "").toUpperCase(), words: start?.[2] ?? "", firstLine: index + 1 };
    } else {
      open.words += part;
    }
    if (goesOn) continue;
    yield { ...open, lastLine: index + 1 };
    open = undefined;
  }
}
