import type { BuilderEvent, StepState } from "@imagespec/core";
import type { PlannedStep } from "@imagespec/dockerfile";
import { describeVertex, dockerfileCommands, type VertexDescription } from "@imagespec/dockerfile";
import type { BuildStatus, Vertex, VertexLog, VertexStatus } from "../daemon/daemon.ts";
import { type ExplanationContext, explainSolveError } from "../errors/explain-solve-error.ts";
import { LogTail } from "./log-tail.ts";
import { RetryLines } from "./retry-lines.ts";
import { transferOf } from "./transfer-of.ts";

export interface ProgressOptions extends Omit<ExplanationContext, "steps" | "vertexes"> {
  readonly emit: (event: BuilderEvent) => void;
  /** The Dockerfile. */
  readonly text: string;
  readonly steps: readonly PlannedStep[];
}

/** Turns what a daemon tells of a build into events, and its failure into an error in the user's terms. */
export interface Progress {
  update(status: BuildStatus): void;
  /** Steps that still run are over: canceled when the build failed. */
  end(error?: unknown): void;
  /** The error for what `solve` threw. */
  explain(error: unknown): unknown;
  /** Instructions of the Dockerfile that are over, and those of them that the daemon's cache had. */
  readonly counts: { readonly cached: number; readonly total: number };
}

/** A vertex as it was last told, and what came from it. */
export interface TrackedVertex {
  readonly vertex: Vertex;
  readonly description: VertexDescription;
  readonly tail: LogTail;
}

interface Tracked extends TrackedVertex {
  vertex: Vertex;
  state: StepState | undefined;
  readonly retries: RetryLines;
  readonly sent: Map<string, number>;
}

/** Starts with nothing known; statuses are given to it as they come. */
export function createProgress(options: ProgressOptions): Progress {
  const { emit, steps } = options;
  const commands = dockerfileCommands(options.text);
  const tracked = new Map<string, Tracked>();
  const warned = new Set<string>();

  const track = (digest: string, vertex: Vertex | undefined): Tracked => {
    const known = tracked.get(digest);
    if (known !== undefined) {
      if (vertex !== undefined) known.vertex = vertex;
      return known;
    }
    const first = vertex ?? unknownVertex(digest);
    const made: Tracked = {
      vertex: first,
      description: describeVertex(first.name, commands, steps),
      tail: new LogTail(),
      state: undefined,
      retries: new RetryLines(),
      sent: new Map(),
    };
    tracked.set(digest, made);
    return made;
  };

  const tell = (step: Tracked, state: StepState): void => {
    if (step.state === state) return;
    const { description, vertex } = step;
    if (description.kind === "hidden" && state !== "failed") return;
    step.state = state;
    const { started, completed, error } = vertex;
    const isOver = state !== "running" && started !== undefined && completed !== undefined;
    const field = description.planned?.field ?? (description.kind === "base" ? "base" : undefined);
    emit({
      type: "step",
      id: stepId(vertex.digest),
      name: description.name,
      ...(field === undefined ? {} : { spec: field }),
      state,
      ...(isOver ? { ms: Math.max(0, Math.round(completed - started)) } : {}),
      ...(state === "failed" ? { error } : {}),
    });
  };

  const tellLog = ({ vertex: digest, stream, message }: VertexLog): void => {
    const step = track(digest, undefined);
    const { text, lines } = step.tail.push(stream, message);
    const { name } = step.description;
    if (text !== "") emit({ type: "log", step: stepId(digest), stream: stream === 2 ? "err" : "out", text });
    for (const line of lines) {
      const retry = step.description.kind === "command" ? undefined : step.retries.read(line);
      if (retry !== undefined) emit({ type: "retry", what: name, ...retry });
    }
  };

  const tellTransfer = (status: VertexStatus): void => {
    const step = track(status.vertex, undefined);
    const transfer = transferOf(status, step.description);
    if (transfer === undefined || step.sent.get(status.id) === transfer.current) return;
    step.sent.set(status.id, transfer.current);
    emit({ type: "transfer", step: stepId(status.vertex), ...transfer });
  };

  return {
    update({ vertexes, statuses, logs, warnings }) {
      for (const vertex of vertexes) {
        const state = stateOf(vertex);
        const step = track(vertex.digest, vertex);
        if (state !== undefined) tell(step, state);
      }
      for (const log of logs) tellLog(log);
      for (const status of statuses) tellTransfer(status);
      for (const { short, url } of warnings) {
        if (warned.has(short)) continue;
        warned.add(short);
        emit({ type: "warning", message: short, ...(url === "" ? {} : { source: url }) });
      }
    },
    end(error) {
      for (const step of tracked.values()) {
        if (step.state === "running") tell(step, error === undefined ? "done" : "canceled");
      }
    },
    explain: (error) => explainSolveError(error, { ...options, vertexes: [...tracked.values()] }),
    get counts() {
      const over = [...tracked.values()].filter(
        ({ state, description }) => description.kind === "command" && (state === "done" || state === "cached"),
      );
      return { cached: over.filter(({ state }) => state === "cached").length, total: over.length };
    },
  };
}

/** Steps that wait have no state yet: they get no event. */
function stateOf({ started, completed, cached, error }: Vertex): StepState | undefined {
  if (error !== "") return /(?:^|: )context canceled(?:$|: )/.test(error) ? "canceled" : "failed";
  if (completed !== undefined) return cached ? "cached" : "done";
  return started === undefined ? undefined : "running";
}

/** Short, and still as good as unique: every log line carries it. */
function stepId(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, 12);
}

function unknownVertex(digest: string): Vertex {
  const none = { started: undefined, completed: undefined, progressGroup: undefined };
  return { digest, inputs: [], name: "", cached: false, error: "", ...none };
}
