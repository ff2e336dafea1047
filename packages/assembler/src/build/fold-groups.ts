import { ImageSpecError } from "@imagespec/errors";
import type { PackageGroup } from "@imagespec/resolver";

/** Layers of an image that engines handle well. */
const goodLayers = 64;
/** What overlay file systems of engines can stack. */
const maxLayers = 127;

/**
 * Makes package groups fit above a base with many layers: buckets are joined by their number, which depends on names alone.
 *
 * @param others layers of the image that are not package groups, the base's included
 * @throws BASE_UNSUPPORTED when even that is too much
 */
export function foldGroups(groups: readonly PackageGroup[], others: number): readonly PackageGroup[] {
  const alone = groups.filter(({ kind }) => kind === "alone");
  const buckets = groups.filter(({ kind }) => kind === "bucket");
  const room = Math.max(1, goodLayers - others - alone.length);
  const folded = buckets.length <= room ? buckets : joined(buckets, room);
  const total = others + alone.length + folded.length;
  if (total <= maxLayers) return [...alone, ...folded];
  throw new ImageSpecError("BASE_UNSUPPORTED", `the image would have ${total} layers, ${maxLayers} are possible`, {
    hint: "choose a base with fewer layers, or flatten it",
    details: { layers: total },
  });
}

function joined(buckets: readonly PackageGroup[], room: number): readonly PackageGroup[] {
  const byNumber = new Map<number, string[]>();
  for (const { key, members } of buckets) {
    const number = Number(key) % room;
    byNumber.set(number, [...(byNumber.get(number) ?? []), ...members]);
  }
  return [...byNumber]
    .sort(([a], [b]) => a - b)
    .map(([number, members]) => ({ kind: "bucket", key: `${number}/${room}`, members: members.sort() }));
}
