import { ImageSpecError } from "@imagespec/errors";
import { parseImageReference } from "@imagespec/oci";
import type { DeliveryJob } from "./delivery-job.ts";

/** Whether the output is the Engine that builds. */
export function isThisEngine({ request: { output }, session: { daemon } }: DeliveryJob): boolean {
  if (output.kind !== "engine" || daemon.kind !== "engine" || daemon.engine === undefined) return false;
  return output.host === undefined || plainAddress(output.host) === plainAddress(daemon.address);
}

/**
 * Gives what an Engine has just built its name in there, when the output is that Engine: nobody has to load again what is there. Before
 * images get their names it is made sure that the source is still what was fingerprinted; here that comes first.
 */
export async function nameInEngine(job: DeliveryJob, reference: string): Promise<void> {
  const { session, request } = job;
  const { output, signal } = request;
  if (!isThisEngine(job) || output.kind !== "engine") return;
  await session.spec.source.verify(signal);
  const { registry, repository, tag = "latest" } = parseImageReference(output.name);
  const { engine } = session.daemon;
  if (engine === undefined) throw new ImageSpecError("INTERNAL", "an Engine without operations");
  await engine.tag(reference, { repository: `${registry}/${repository}`, tag }, { signal });
}

function plainAddress(address: string): string {
  return address.replace(/\/+$/, "").replace(/^unix:\/\/(?:\/var)?\/run\//, "unix:///run/");
}
