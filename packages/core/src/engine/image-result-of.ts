import type { EventStream } from "../events/event-stream.ts";
import { type BuildTarget, referenceOf } from "./build-target.ts";
import type { ImageResult } from "./image-result.ts";
import { type MadeImage, noCosts } from "./made-image.ts";

/** The result of a build as the caller sees it; without an image, one that is assumed to exist. */
export function imageResultOf(target: BuildTarget, made: MadeImage | undefined, events: EventStream): ImageResult {
  const layers = [...(made?.platforms.values() ?? [])].flatMap((facts) => facts.layers);
  const { timings, bytes, layers: counts } = made?.costs ?? noCosts;
  const isReused = made?.action === "exists";
  return Object.freeze({
    reference: referenceOf(target),
    name: target.name,
    tag: target.tag,
    digest: made?.image.descriptor.digest,
    platforms: target.spec.platforms,
    fingerprint: target.spec.fingerprint,
    action: made?.action ?? "assumed",
    builder: made?.builder ?? "",
    timings: { ...events.timings, ...timings, total: events.elapsed },
    bytes,
    layers: {
      built: counts.built,
      reused: isReused ? layers.length : counts.reused,
      total: layers.length,
      size: layers.reduce((sum, { size }) => sum + size, 0),
    },
    warnings: events.warnings,
  });
}
