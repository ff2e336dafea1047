import { isImageSpecError } from "@imagespec/errors";
import { isLoopbackRegistry } from "@imagespec/oci";
import { sharesLoopback } from "../daemon-place.ts";
import type { Delivered, DeliveryJob } from "./delivery-job.ts";
import { loadFromEngine } from "./load-from-engine.ts";
import { isThisEngine } from "./name-in-engine.ts";
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
  const load: Way = { name: "taking the image from the engine", go: () => loadFromEngine(job) };
  const stream: Way = { name: "streaming the image through this machine", go: () => receiveStream(job) };
  const relay: Way = { name: "pushing through this machine", go: () => pushToRelay(job) };
  const push = (name: string, go: () => Promise<Delivered>, isThere: boolean): readonly Way[] =>
    isThere ? [{ name, go }] : [];
  const isReachable = output.kind === "registry" && (isNear || !isLoopbackRegistry(output.registry));
  const ways: readonly Way[] = [
    ...(output.kind === "registry"
      ? push("a push by the daemon", () => pushDirectly(job, output), isReachable && directPush)
      : []),
    ...(isNear && (directPush || daemon.engine !== undefined) ? [relay] : []),
    ...(ociExport && !isThisEngine(job) ? [stream] : []),
    ...(output.kind === "registry"
      ? push("a push by the engine", () => pushByEngine(job, output), isReachable && !directPush)
      : []),
    ...(daemon.engine !== undefined && (!directPush || isThisEngine(job)) ? [load] : []),
  ];
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
