import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { SmallProject } from "./small-project.ts";

const workspace = fileURLToPath(new URL("../../../..", import.meta.url));
const program = fileURLToPath(new URL("../../bin/imagespec.js", import.meta.url));

/** Builds the command, which a process without a loader needs. */
export async function buildCommand(): Promise<void> {
  // Holds: the field is what selects the package manager of the workspace.
  const { packageManager } = JSON.parse(await readFile(`${workspace}/package.json`, "utf8")) as {
    readonly packageManager: string;
  };
  const turbo = ["exec", "turbo", "run", "build", "--filter=imagespec"];
  await promisify(execFile)("npx", ["-y", packageManager, ...turbo], { cwd: workspace });
}

/** How a run of the command ended. */
export interface Ending {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The lines of `--json`, but for the last. */
  readonly events: readonly { readonly type: string; readonly name?: string; readonly state?: string }[];
  readonly digest: string | undefined;
  /** `built`, `exists`, `joined` */
  readonly action: string | undefined;
  readonly error:
    | {
        readonly code: string;
        readonly message: string;
        readonly hint?: string;
        readonly details?: Readonly<Record<string, unknown>>;
      }
    | undefined;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ending>;
}

export interface BuildArguments {
  readonly spec: string;
  readonly cache: string;
  /** @default the local image store */
  readonly registry?: string | undefined;
  readonly args?: readonly string[];
  readonly uid?: number;
}

/** Starts `imagespec build` in a process of its own, with nothing of the user's configuration. */
export function startBuild(project: SmallProject, options: BuildArguments): Running {
  const { spec, cache, registry, args = [], uid } = options;
  const target = registry === undefined ? [] : ["--registry", registry];
  const child = spawn(process.execPath, [program, "build", spec, "--json", "--cache-dir", cache, ...target, ...args], {
    cwd: project.root,
    env: { PATH: "/usr/bin:/bin", HOME: project.root, IMAGESPEC_UV: project.uv },
    stdio: ["ignore", "pipe", "pipe"],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  return { child, ended: endingOf(child) };
}

async function endingOf(child: ChildProcess): Promise<Ending> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const [exitCode, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  const lines = stdout.split("\n").slice(0, stdout.endsWith("\n") ? undefined : -1);
  const parsed = lines.filter((line) => line !== "").map((line) => JSON.parse(line));
  const last = parsed.at(-1);
  const isOver = last?.type === "result" || last?.type === "error";
  return {
    exitCode,
    signal,
    events: isOver ? parsed.slice(0, -1) : parsed,
    digest: last?.type === "result" ? last.images[0].digest : undefined,
    action: last?.type === "result" ? last.images[0].action : undefined,
    error: last?.type === "error" ? last.error : undefined,
    stderr,
  };
}

/** Runs it to its end. */
export function runBuild(project: SmallProject, options: BuildArguments): Promise<Ending> {
  return startBuild(project, options).ended;
}

/** The step that was running when the events ended, or what the last one was. */
export function phaseOf({ events }: Pick<Ending, "events">): string {
  const last = events.findLast(({ type }) => type === "step");
  if (last?.name === undefined) return "start";
  return last.state === "running" ? last.name : `after ${last.name}`;
}
