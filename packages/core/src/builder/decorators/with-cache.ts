import { throwIfAborted } from "@imagespec/errors";
import type { Digest } from "@imagespec/oci";
import type { ResolvedImageSpec } from "../../spec/resolved-spec.ts";
import type { BuildOutcome, BuildRequest, ImageSpecBuilder } from "../builder.ts";
import { decorated } from "./decorated.ts";

/** How much is remembered. */
export interface CacheOptions {
  /** Outcomes; the one that was not used for the longest time goes first. @default 1000 */
  readonly size?: number;
}

/**
 * The builder, with a memory of what it made: a build of equal content into the same place is answered at once while the image
 * is still there. Forced builds are made. For builders that are asked again past an engine's own look at the output.
 */
export function withCache(builder: ImageSpecBuilder, { size = 1000 }: CacheOptions = {}): ImageSpecBuilder {
  const outcomes = new Map<string, BuildOutcome>();
  return decorated(builder, async (spec, request) => {
    throwIfAborted(request.signal);
    const key = keyOf(spec, request);
    const known = request.force ? undefined : outcomes.get(key);
    outcomes.delete(key);
    if (known !== undefined && (await isThere(known.digest, request))) {
      outcomes.set(key, known);
      request.emit({
        type: "step",
        id: "remembered",
        name: "remembered",
        state: "cached",
        ms: 0,
        detail: known.digest,
      });
      return { ...known, timings: { remembered: 0 }, bytes: { downloaded: 0, uploaded: 0 } };
    }
    const outcome = await builder.build(spec, request);
    outcomes.set(key, outcome);
    const [oldest] = outcomes.keys();
    if (outcomes.size > size && oldest !== undefined) outcomes.delete(oldest);
    return outcome;
  });
}

/** The tag is the engine's: the same image under another one is the same. */
function keyOf(spec: ResolvedImageSpec, { output, labelsByPlatform, env, cacheFolder }: BuildRequest): string {
  const { fingerprint, platforms, name } = spec;
  const place =
    output.kind === "registry" ? [output.registry, output.repository] : [name, "path" in output && output.path];
  return JSON.stringify([fingerprint, platforms, output.kind, place, cacheFolder, labelsByPlatform, env]);
}

/** Places that cannot be asked count as those that have it no more. */
async function isThere(digest: Digest, { output, registryClient, store, signal }: BuildRequest): Promise<boolean> {
  if (output.kind === "oci-layout") return false;
  const place = output.kind === "registry" ? registryClient.repository(output) : store;
  return (await place.readManifest({ digest }, { signal })) !== undefined;
}
