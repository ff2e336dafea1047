import type { PlannedStep } from "../plan/dockerfile-plan.ts";
import { type DockerfileCommand, withSingleBlanks } from "./dockerfile-commands.ts";

/** What a step of BuildKit's is to people. */
export interface VertexDescription {
  readonly name: string;
  /** `command`: an instruction of the Dockerfile. `hidden`: told only when it fails. */
  readonly kind: "command" | "base" | "context" | "export" | "cache" | "other" | "hidden";
  /** The part of the plan that it carries out. */
  readonly planned?: PlannedStep;
  /** The image that it looks up or pulls. */
  readonly reference?: string;
}

/** A name of BuildKit's, in the words of the spec where it is an instruction that carries a field of it out. */
export function describeVertex(
  name: string,
  commands: readonly DockerfileCommand[],
  steps: readonly PlannedStep[],
): VertexDescription {
  const metadata = /^\[(?:internal|context \S+)\] load metadata for (\S+)/.exec(name)?.[1];
  if (metadata !== undefined) return { name: `look up ${shortReference(metadata)}`, kind: "base", reference: metadata };
  if (name.startsWith("[internal] load build context")) return { name: "context", kind: "context" };
  if (/^\[(?:internal|auth)\b/.test(name) || name.startsWith("resolve image config for"))
    return { name, kind: "hidden" };
  if (/^exporting (?:to|layers|manifest)\b|^sending tarball\b/.test(name)) return { name: "export", kind: "export" };
  if (/^pushing\b/.test(name)) return { name: "push", kind: "export" };
  if (/^importing cache\b/.test(name)) return { name: "import cache", kind: "cache" };
  if (/^(?:exporting|preparing build) cache\b/.test(name)) return { name: "export cache", kind: "cache" };
  return describeCommand(name, commands, steps);
}

/** `[stage-1 3/7] RUN …`, for foreign platforms `[linux/arm64 stage-1 3/7] RUN …`; the number is padded to the width of the other. */
const position = /^\[(?:(?<platform>\S+\/\S+(?:->\S+)?) )?(?:(?<stage>\S+) )?\s*(?<index>\d+)\/\d+\] (?<text>[\s\S]*)$/;

function describeCommand(
  name: string,
  commands: readonly DockerfileCommand[],
  steps: readonly PlannedStep[],
): VertexDescription {
  const { stage = "", index, text } = position.exec(name)?.groups ?? {};
  if (index === undefined || text === undefined) return { name: oneLine(name), kind: "other" };
  const from = /^FROM (\S+)/.exec(text)?.[1];
  if (from !== undefined) return { name: `pull ${shortReference(from)}`, kind: "base", reference: from };
  const command = findCommand(commands, stage, Number(index), withSingleBlanks(text));
  const planned =
    command && steps.find(({ firstLine, lastLine }) => firstLine <= command.firstLine && command.lastLine <= lastLine);
  return planned === undefined
    ? { name: oneLine(text), kind: "command" }
    : { name: planned.name, kind: "command", planned };
}

/**
 * By its text first: two builds at once share the steps they have in common, and with them the name that the first one gave, whose
 * stage and number are those of another Dockerfile. Variables may have been filled into the text; then the place has to do.
 */
function findCommand(
  commands: readonly DockerfileCommand[],
  stage: string,
  index: number,
  text: string,
): DockerfileCommand | undefined {
  const same = commands.filter((command) => command.text === text);
  const isHere = (command: DockerfileCommand): boolean => command.stage === stage && command.index === index;
  if (same.length > 0) return same.find(isHere) ?? same[0];
  const keyword = text.split(" ", 1)[0];
  return commands.find((command) => isHere(command) && command.text.split(" ", 1)[0] === keyword);
}

/** Without what `docker.io` means anyway, and the digest beside a tag. */
function shortReference(reference: string): string {
  return reference.replace(/^docker\.io\/(?:library\/)?/, "").replace(/^([^@]*:[^@/]*)@.*$/, "$1");
}

/** Mounts are how, not what. */
function oneLine(text: string): string {
  const short = text
    .replace(/--(?:mount|network|link|chmod|chown)(?:=\S+)?\s+/g, "")
    .replace(/\s+/g, " ")
    .trim();
  return short.length > 72 ? `${short.slice(0, 71)}…` : short;
}
