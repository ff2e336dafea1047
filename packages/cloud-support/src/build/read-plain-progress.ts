import type { BuilderEvent } from "@imagespec/core";
import {
  type DockerfilePlan,
  describeVertex,
  dockerfileCommands,
  type PlannedStep,
  type VertexDescription,
} from "@imagespec/dockerfile";
import { LastLines } from "../log/last-lines.ts";

/** A step that failed, with its last lines. */
export interface FailedVertex {
  readonly name: string;
  /** The part of the plan that it carries out. */
  readonly planned: PlannedStep | undefined;
  /** BuildKit's own words: `process "/bin/sh -c …" did not complete successfully: exit code: 7`. */
  readonly message: string;
  readonly tail: readonly string[];
}

interface Vertex {
  readonly description: VertexDescription;
  readonly tail: LastLines;
  state: "running" | "ended";
  /** Milliseconds of the monotonic clock. */
  readonly started: number;
}

/**
 * Reads the plain progress of `docker build` and `docker buildx build` line by line (`#7 [stage-1 2/5] RUN …`, `#7 0.412 output`,
 * `#7 DONE 1.2s`), and tells it as steps of the plan. What is no progress goes to `onOther`.
 */
export class PlainProgress {
  readonly #emit: (event: BuilderEvent) => void;
  readonly #onOther: (line: string) => void;
  readonly #commands: ReturnType<typeof dockerfileCommands>;
  readonly #steps: readonly PlannedStep[];
  readonly #vertices = new Map<string, Vertex>();
  readonly #timings: Record<string, number> = {};
  #failed: FailedVertex | undefined;
  #built = 0;

  constructor(
    plan: Pick<DockerfilePlan, "text" | "steps">,
    options: { readonly emit: (event: BuilderEvent) => void; readonly onOther?: (line: string) => void },
  ) {
    this.#emit = options.emit;
    this.#onOther = options.onOther ?? ((): void => undefined);
    this.#commands = dockerfileCommands(plan.text);
    this.#steps = plan.steps;
  }

  /** The first step that failed. */
  get failed(): FailedVertex | undefined {
    return this.#failed;
  }

  /** Milliseconds by step name, of what was carried out. */
  get timings(): Readonly<Record<string, number>> {
    return { ...this.#timings };
  }

  /** Steps of the plan that were carried out, and not taken from a cache. */
  get built(): number {
    return this.#built;
  }

  push(line: string): void {
    const [, id, rest] = /^#(\d+) (.*)$/.exec(line) ?? [];
    if (id === undefined || rest === undefined) this.#onOther(line);
    else this.#read(id, rest);
  }

  /** Ends what is still running, when nothing more will be told. */
  end(state: "failed" | "canceled" | "done"): void {
    for (const [id, vertex] of this.#vertices) if (vertex.state === "running") this.#finish(id, vertex, { state });
  }

  #read(id: string, rest: string): void {
    const vertex = this.#vertices.get(id);
    if (vertex === undefined) this.#start(id, rest);
    else if (vertex.state === "ended" || rest === "...") return;
    else if (rest === "CACHED") this.#finish(id, vertex, { state: "cached", ms: 0 });
    else if (rest.startsWith("CANCELED")) this.#finish(id, vertex, { state: "canceled" });
    else if (rest.startsWith("ERROR")) this.#fail(id, vertex, rest.replace(/^ERROR:?\s*/, ""));
    else {
      const done = /^DONE (\d+(?:\.\d+)?)s$/.exec(rest)?.[1];
      if (done === undefined) this.#log(id, vertex, rest);
      else this.#finish(id, vertex, { state: "done", ms: Math.round(Number(done) * 1000) });
    }
  }

  #start(id: string, name: string): void {
    const description = describeVertex(name, this.#commands, this.#steps);
    this.#vertices.set(id, { description, tail: new LastLines(), state: "running", started: performance.now() });
    if (description.kind !== "hidden") this.#step(id, description, { state: "running" });
  }

  #log(id: string, { description, tail }: Vertex, rest: string): void {
    const [, text] = /^\d+\.\d+ (.*)$/.exec(rest) ?? [];
    // Without a time: a name that is told again, or the progress of a download.
    if (text === undefined) return;
    tail.push(text);
    if (description.kind !== "hidden") this.#emit({ type: "log", step: stepId(id), stream: "out", text: `${text}\n` });
  }

  #fail(id: string, vertex: Vertex, message: string): void {
    const { description, tail } = vertex;
    this.#failed ??= { name: description.name, planned: description.planned, message, tail: tail.lines };
    if (description.kind === "hidden") this.#step(id, description, { state: "running" });
    this.#finish(id, vertex, { state: "failed", error: message }, true);
  }

  #finish(
    id: string,
    vertex: Vertex,
    end: { readonly state: "done" | "cached" | "failed" | "canceled"; readonly ms?: number; readonly error?: string },
    isTold = vertex.description.kind !== "hidden",
  ): void {
    vertex.state = "ended";
    const { name, planned } = vertex.description;
    // What ends without a time of its own has the one since its first line.
    const own = end.state === "done" ? { ms: Math.round(performance.now() - vertex.started) } : {};
    if (end.state === "done" && planned !== undefined) this.#built++;
    if (end.state === "done" && end.ms !== undefined && isTold)
      this.#timings[name] = (this.#timings[name] ?? 0) + end.ms;
    if (isTold) this.#step(id, vertex.description, { ...own, ...end });
  }

  #step(
    id: string,
    { name, planned }: VertexDescription,
    state: {
      readonly state: "running" | "done" | "cached" | "failed" | "canceled";
      readonly ms?: number;
      readonly error?: string;
    },
  ): void {
    this.#emit({
      type: "step",
      id: stepId(id),
      name,
      ...(planned === undefined ? {} : { spec: planned.field }),
      ...state,
    });
  }
}

function stepId(id: string): string {
  return `build ${id}`;
}
