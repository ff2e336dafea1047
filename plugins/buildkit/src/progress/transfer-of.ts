import type { BuilderEvent } from "@imagespec/core";
import type { VertexDescription } from "@imagespec/dockerfile";
import type { VertexStatus } from "../daemon/daemon.ts";

type Transfer = Omit<Extract<BuilderEvent, { readonly type: "transfer" }>, "type" | "step">;

/**
 * The transfer that an item of progress tells of; nothing for items without bytes, of which BuildKit has many (`exporting layers`,
 * `resolve …`).
 */
export function transferOf(status: VertexStatus, { kind }: VertexDescription): Transfer | undefined {
  const { id, current, total } = status;
  if (current === 0 && total === 0) return undefined;
  const known = { current, unit: "byte", ...(total > 0 ? { total } : {}) } as const;
  if (kind === "context") return { kind: "context", item: "context", ...known };
  // The Dockerfile travels by itself, and is none of the user's.
  if (kind === "hidden") return undefined;
  const layer = /sha256:[0-9a-f]{12}/.exec(id)?.[0];
  const item = layer ?? id;
  if (/^extracting\b/.test(id)) return { kind: "extract", item, ...known };
  if (kind === "export" || kind === "cache") return { kind: /push/.test(id) ? "push" : "export", item, ...known };
  return { kind: "pull", item, ...known };
}
