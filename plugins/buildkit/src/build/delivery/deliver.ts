import { isImageSpecError } from "@imagespec/errors";
import { isLoopbackRegistry } from "@imagespec/oci";
import { sharesLoopback } from "../daemon-place.ts";
import type { Delivered, DeliveryJob } from "./delivery-job.ts";
import { isThisEngine, loadIntoEngine } from "./load-into-engine.ts";
import { pushByEngine } from "./push-by-engine.ts";
import { pushDirectly } from "./push-directly.ts";
import { pushToRelay } from "./push-to-relay.ts";
import { receiveStream } from "./receive-stream.ts";

/** A way of bringing an image to its output. */
interface Way {
  /** For people. */
  readonly name: string;
  readonly go: () => Promise<Delivered>;
}

/**
 * Has an image built and brought to its output by the shortest way that the daemon has. A way that fails because daemon and registry,
 * or daemon and this process, cannot reach each other is followed by the next one: what was built by then is in the daemon's cache.
 */
export async function deliver(job: DeliveryJob): Promise<Delivered> {
  const [first, ...others] = waysOf(job);
  let way = first;
  for (const next of others) {
    try {
      return await way.go();
    } catch (error) {
      if (!isAboutReach(error) || job.request.signal.aborted) throw error;
      const message = `${way.name} failed, so ${next.name} follows: ${error.message}`;
      job.request.emit({ type: "warning", message });
      way = next;
    }
  }
  return way.go();
}

/** The ways that there are, the best one first. */
export function waysOf(job: DeliveryJob): readonly [Way, ...Way[]] {
  const { session, request } = job;
  const { daemon } = session;
  const { directPush, ociExport } = daemon.features;
  const { output } = request;
  const isNear = sharesLoopback(daemon);
  const load: Way = { name: "taking the image from the engine", go: () => loadIntoEngine(job) };
  if (isThisEngine(job)) return [load];
  const stream: Way = { name: "streaming the image through this machine", go: () => receiveStream(job) };
  const relay: Way = { name: "pushing through this machine", go: () => pushToRelay(job) };
  const ways: Way[] = [];
  if (output.kind === "registry" && directPush && (isNear || !isLoopbackRegistry(output.registry)))
    ways.push({ name: "a push by the daemon", go: () => pushDirectly(job, output) });
  if (isNear && (directPush || daemon.engine !== undefined)) ways.push(relay);
  if (ociExport) ways.push(stream);
  if (daemon.engine !== undefined && !directPush) {
    if (output.kind === "registry" && !isLoopbackRegistry(output.registry))
      ways.push({ name: "a push by the engine", go: () => pushByEngine(job, output) });
    ways.push(load);
  }
  const [best = stream, ...others] = ways;
  return [best, ...others];
}

/** Whether a failure lies between the daemon and where it pushes to, and not in what is built. */
function isAboutReach(error: unknown): error is Error {
  return (
    isImageSpecError(error) &&
    ["REGISTRY_DOWN", "REGISTRY_ERROR", "REGISTRY_PROTOCOL", "ENGINE_UNSUPPORTED"].includes(error.code)
  );
}
