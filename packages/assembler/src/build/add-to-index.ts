import path from "node:path";
import { openKeyIndex } from "@imagespec/image-store";
import { baseKey, type KnownBase } from "../base/read-base.ts";
import { publishToIndex } from "../layer-index/publish-to-index.ts";
import type { BuildContext } from "./build-context.ts";
import type { PackageLayer } from "./package-layers.ts";

/** Gives what a build has made to the index, when this machine is to. Its failure is a warning. */
export async function addToIndex(
  { index, options, request, folder, steps }: BuildContext,
  packages: readonly PackageLayer[],
  base: KnownBase | undefined,
): Promise<void> {
  if (index === undefined || options.layerIndex?.write !== true) return;
  const { output } = request;
  const isNear = output.kind === "registry" && output.registry === index.registry;
  const added = await openKeyIndex(path.join(folder, "indexed"), {
    parse: (value) => (typeof value === "number" ? value : undefined),
  });
  await steps.run("index", undefined, async (notes) => {
    const count = await publishToIndex(
      {
        layers: packages.map(({ key, written, content, files }) => ({ layer: { ...written, key }, content, files })),
        base: base === undefined ? undefined : { key: baseKey(base.image.manifest.digest), facts: base.facts },
      },
      {
        index,
        added,
        mountFrom: isNear ? [output.repository] : [],
        onProblem: (message) =>
          request.emit({
            type: "warning",
            message: `the layer index "${index.registry}/${index.repository}" was not written: ${message}`,
          }),
      },
    );
    notes.cached = count === 0;
    notes.detail = `${count} record${count === 1 ? "" : "s"} added`;
  });
}
