import type { Availability } from "@imagespec/core";
import type { __options__ } from "./__builder__.ts";

/** Whether the machinery is there: for the engine, and for `imagespec doctor`. Be quick, and say what to do. */
export async function availability(_options: __options__ | undefined, _signal: AbortSignal): Promise<Availability> {
  // return { available: false, reason: "no queue answers", hint: "log in to the cluster" };
  return { available: true };
}
