import type { BuilderEvent } from "@imagespec/core";

/** Adds up what the events of a solve tell. */
export class WorkTally {
  readonly #states = new Map<string, { readonly name: string; readonly state: string; readonly ms: number }>();
  readonly #bytes = new Map<string, { readonly kind: string; readonly current: number }>();

  add(event: BuilderEvent): void {
    if (event.type === "step") {
      // Of a step that is told of again, what it ended as first counts.
      if (hasEnded(this.#states.get(event.id)?.state)) return;
      this.#states.set(event.id, { name: event.name, state: event.state, ms: event.ms ?? 0 });
    } else if (event.type === "transfer" && event.unit === "byte") {
      const key = `${event.kind} ${event.item}`;
      const known = this.#bytes.get(key)?.current ?? 0;
      this.#bytes.set(key, { kind: event.kind, current: Math.max(known, event.current) });
    }
  }

  /** Milliseconds by the name of the step, for those that were carried out. */
  get timings(): Readonly<Record<string, number>> {
    const timings: Record<string, number> = {};
    for (const { name, state, ms } of this.#states.values()) {
      if (state === "done" || state === "failed") timings[name] = (timings[name] ?? 0) + ms;
    }
    return timings;
  }

  /** Names of steps that were carried out, and of those that the daemon's cache had. */
  names(state: "done" | "cached"): readonly string[] {
    return [...this.#states.values()].filter((step) => step.state === state).map(({ name }) => name);
  }

  /** Bytes that transfers of a kind moved. */
  bytes(kind: "pull" | "push"): number {
    return [...this.#bytes.values()].reduce((sum, each) => sum + (each.kind === kind ? each.current : 0), 0);
  }
}

/** Whether a state is the last one of its step. */
export function hasEnded(state: string | undefined): boolean {
  return state !== undefined && state !== "queued" && state !== "running";
}
