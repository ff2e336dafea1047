import { ImageSpecError } from "@imagespec/errors";
import type { EncodedDocument } from "@imagespec/oci";
import { annotationKeys, type Descriptor, type Digest, encodeManifest, mediaTypes } from "@imagespec/oci";

/** The name of an entry of `index.json`. */
export function entryName(entry: Descriptor): string | undefined {
  return entry.annotations?.[annotationKeys.refName];
}

/** The entry with a name, or without one. */
export function withEntryName(entry: Descriptor, name: string | undefined): Descriptor {
  const { annotations: _, ...rest } = entry;
  const { [annotationKeys.refName]: __, ...others } = entry.annotations ?? {};
  const annotations = name === undefined ? others : { ...others, [annotationKeys.refName]: name };
  return Object.keys(annotations).length === 0 ? rest : { ...rest, annotations };
}

/**
 * Adds content under a name, which earlier entries lose. What an index holds needs no unnamed entries of its own.
 *
 * @param parts one entry, or the several that share the name in a flat layout
 * @param children digests of the manifests that an added index holds
 */
export function addNamed(
  entries: readonly Descriptor[],
  parts: readonly Descriptor[],
  name: string,
  children: ReadonlySet<Digest>,
): readonly Descriptor[] {
  const digests = new Set([...children, ...parts.map(({ digest }) => digest)]);
  const kept = entries.filter((entry) => {
    const other = entryName(entry);
    return other === undefined ? !digests.has(entry.digest) : other !== name;
  });
  return [...kept, ...parts.map((part) => withEntryName(part, name))];
}

/** Adds content without a name, unless it has an entry already. */
export function addUnnamed(
  entries: readonly Descriptor[],
  entry: Descriptor,
  children: ReadonlySet<Digest>,
): readonly Descriptor[] {
  if (entries.some(({ digest }) => digest === entry.digest)) return entries;
  const kept = entries.filter((other) => entryName(other) !== undefined || !children.has(other.digest));
  return [...kept, withEntryName(entry, undefined)];
}

function distinct(entries: readonly Descriptor[]): readonly Descriptor[] {
  return [...new Map(entries.map((entry) => [entry.digest, entry])).values()];
}

/** The index that stands for several entries of one name, as flat layouts have them. */
export function joinEntries(entries: readonly Descriptor[]): EncodedDocument {
  const manifests = distinct(entries).map((entry) => withEntryName(entry, undefined));
  return encodeManifest({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
}

/** What a name means: the one entry that has it, an index of the several, or nothing. */
export function findNamed(entries: readonly Descriptor[], name: string): Descriptor | EncodedDocument | undefined {
  const found = distinct(entries.filter((entry) => entryName(entry) === name));
  return found.length > 1 ? joinEntries(found) : found[0];
}

/** The index of that digest that no file holds, because it only stands for the entries that share a name. */
export function findJoined(entries: readonly Descriptor[], digest: Digest): EncodedDocument | undefined {
  for (const name of new Set(entries.map(entryName))) {
    const found = name === undefined ? undefined : findNamed(entries, name);
    if (found !== undefined && "bytes" in found && found.descriptor.digest === digest) return found;
  }
  return undefined;
}

/**
 * The only image of a place.
 *
 * @throws IMAGE_NOT_FOUND when there are several
 */
export function findOnly(entries: readonly Descriptor[], place: string): Descriptor | undefined {
  const found = distinct(entries);
  if (found.length < 2) return found[0];
  const names = entries.map(entryName).filter((name) => name !== undefined);
  throw new ImageSpecError("IMAGE_NOT_FOUND", `"${place}" holds ${found.length} images and none was named`, {
    hint: names.length === 0 ? "Name one by its digest" : `Name one of them: ${names.join(", ")}`,
    details: { place, names },
  });
}
