import { isAbsolute, relative } from "node:path";
import type { Drift } from "@imagespec/core";
import { formatChanges } from "./format-lock.ts";
import type { Style } from "./style.ts";

/** What would be installed now, for people. */
export function formatDrift(
  { name, against, reference = "", changes, baseChanges }: Drift,
  cwd: string,
  style: Style,
): readonly string[] {
  if (against === "nothing")
    return [`  ${style.dim("no drift to tell")}  ${style.bold(name)}  there is neither a lock nor an image`];
  const place = isAbsolute(reference) ? relative(cwd, reference) || reference : reference;
  const count = changes.length + baseChanges.length;
  if (count === 0) return [`  ${style.green("no drift")}  ${style.bold(name)}  ${place} has what is newest`];
  return [
    `  ${style.yellow("drift")}  ${style.bold(name)}  ${place}`,
    ...formatChanges("base", baseChanges, style),
    ...formatChanges("", changes, style),
    ...(against === "lock" ? [`    ${style.cyan("hint:")} run "imagespec lock --upgrade" to take it`] : []),
  ];
}
