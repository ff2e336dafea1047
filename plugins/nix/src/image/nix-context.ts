import os from "node:os";
import path from "node:path";
import { type BuildContext, createLimiter, Publisher, StepReporter, type TaskScope } from "@imagespec/assembler/parts";
import type { BuildRequest, ResolvedImageSpec } from "@imagespec/core";
import { gzipMembersEncoder, openLayerCache } from "@imagespec/image-store/layers";
import { detectUvSettings } from "@imagespec/resolver";
import type { NixBuilderOptions } from "../options/nix-builder-options.ts";

/** What the parts of one build share: the assembler's writers, cache, publisher and steps, in folders of this builder. */
export async function nixContext(
  options: NixBuilderOptions,
  spec: ResolvedImageSpec,
  request: BuildRequest,
  scope: TaskScope,
): Promise<BuildContext> {
  const folder = options.cacheFolder ?? path.join(request.cacheFolder, "nix");
  const { content } = request.store;
  const steps = new StepReporter(request.emit);
  const detected = detectUvSettings();
  return {
    spec,
    request,
    options: {},
    settings: { ...detected, index: options.index ?? detected.index, uv: options.uv ?? detected.uv },
    folder,
    content,
    encoder: gzipMembersEncoder,
    cache: await openLayerCache(folder, content),
    index: undefined,
    scope,
    steps,
    publisher: new Publisher(request, scope, steps),
    writers: createLimiter(Math.max(2, Math.min(os.availableParallelism(), 4))),
  };
}
