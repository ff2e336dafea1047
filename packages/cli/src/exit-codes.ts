import type { ImageSpecError } from "@imagespec/errors";

/** How the command ends; described in docs/reference/cli.md. */
export const exitCodes: {
  readonly ok: 0;
  readonly buildFailed: 1;
  readonly usage: 2;
  readonly noBuilder: 3;
  readonly registry: 4;
  readonly aborted: 130;
} = { ok: 0, buildFailed: 1, usage: 2, noBuilder: 3, registry: 4, aborted: 130 };

const unable: ReadonlySet<string> = new Set(["NO_BUILDER", "BUILDER_NOT_FOUND", "BUILDER_DECLINED", "RUN_UNAVAILABLE"]);

/** The exit code for a failure. */
export function exitCodeOf({ code, origin }: Pick<ImageSpecError, "code" | "origin">): number {
  if (code === "ABORTED") return exitCodes.aborted;
  if (unable.has(code)) return exitCodes.noBuilder;
  if (origin === "spec") return exitCodes.usage;
  return origin === "registry" ? exitCodes.registry : exitCodes.buildFailed;
}
