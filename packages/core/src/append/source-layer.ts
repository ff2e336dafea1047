import { join } from "node:path";
import {
  entryInputs,
  gzipMembersEncoder,
  layerKey,
  openLayerCache,
  Placement,
  sourceEntries,
  tarPieces,
  type WrittenLayer,
  writeLayer,
} from "@imagespec/image-store/layers";
import type { BuildRequest } from "../builder/builder.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import { appenderName } from "./appender-name.ts";
import type { UserIds } from "./user-ids.ts";

/** The layer of a source, from an earlier time or written now. @throws SOURCE_CHANGED, STORE_UNUSABLE, DISK_FULL, ABORTED */
export async function sourceLayer(
  { source, workdir }: ResolvedImageSpec,
  owner: UserIds,
  { cacheFolder, store, signal }: Pick<BuildRequest, "cacheFolder" | "store" | "signal">,
): Promise<{ readonly layer: WrittenLayer; readonly cached: boolean }> {
  // The workdir is a folder below "/", and everything is below it: what the image has elsewhere does not matter.
  const placement = new Placement({ directoryLinks: {}, directories: {} });
  const entries = sourceEntries(source.files, { placement, workdir, owner, open: (file) => () => source.open(file) });
  const cache = await openLayerCache(join(cacheFolder, appenderName), store.content);
  const key = layerKey({ kind: "source", encoder: gzipMembersEncoder.id, inputs: entryInputs(entries) });
  const before = await cache.get(key);
  if (before !== undefined) return { layer: before, cached: true };
  const layer = await writeLayer(tarPieces(entries), { content: store.content, encoder: gzipMembersEncoder, signal });
  await cache.set(key, layer);
  return { layer, cached: false };
}
