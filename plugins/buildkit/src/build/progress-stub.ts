import type { BuilderEvent } from "@imagespec/core";
import type { BuildStatus } from "../daemon/daemon.ts";
export function createProgress(o: { emit: (event: BuilderEvent) => void; text: string; steps: readonly unknown[] }) {
  const states = new Map<string, string>();
  return {
    update(s: BuildStatus): void {
      for (const v of s.vertexes) {
        const state =
          v.error !== ""
            ? "failed"
            : v.cached
              ? "cached"
              : v.completed !== undefined
                ? "done"
                : v.started !== undefined
                  ? "running"
                  : "queued";
        if (states.get(v.digest) === state || state === "queued") continue;
        states.set(v.digest, state);
        o.emit({
          type: "step",
          id: v.digest,
          name: v.name,
          state,
          ...(v.started && v.completed ? { ms: v.completed - v.started } : {}),
          ...(v.error ? { error: v.error } : {}),
        } as BuilderEvent);
      }
      for (const l of s.logs)
        o.emit({
          type: "log",
          step: l.vertex,
          stream: l.stream === 1 ? "out" : "err",
          text: new TextDecoder().decode(l.message),
        });
      for (const t of s.statuses)
        if (t.total > 0)
          o.emit({
            type: "transfer",
            step: t.vertex,
            kind: "pull",
            item: t.id,
            current: t.current,
            total: t.total,
            unit: "byte",
          });
    },
    end(_error?: unknown): void {},
    explain(error: unknown): unknown {
      return error;
    },
  };
}
