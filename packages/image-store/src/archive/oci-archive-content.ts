import { isImageSpecError } from "@imagespec/errors";
import { type Descriptor, digestAlgorithm, digestHex, maxManifestSize, parseImageIndex } from "@imagespec/oci";
import { entryName, withEntryName } from "../layout/index-entries.ts";
import { isLayoutMarker } from "../layout/layout-marker.ts";
import type { ArchiveContent } from "./archive-content.ts";
import type { ArchiveFile } from "./archive-file.ts";
import { containerdNameKey } from "./docker-archive-plan.ts";

/** Docker writes the full name into an annotation of its own, and only the tag into the standard one. */
function withFullName(entry: Descriptor): Descriptor {
  return withEntryName(entry, entry.annotations?.[containerdNameKey] ?? entryName(entry));
}

/** Reads an OCI layout in a tar file; nothing when it is none. @throws STORE_CORRUPT */
export async function readOciContent(archive: ArchiveFile): Promise<ArchiveContent | undefined> {
  const marker = archive.find("oci-layout");
  const index = archive.find("index.json");
  if (marker === undefined || index === undefined) return undefined;
  if (!isLayoutMarker(Buffer.from(await archive.read(marker, maxManifestSize)).toString("utf8")))
    throw archive.damaged('its "oci-layout" is not that of version 1');
  const bytes = await archive.read(index, maxManifestSize);
  try {
    return {
      entries: parseImageIndex(bytes).manifests.map(withFullName),
      blob: (digest) => archive.find(`blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`),
      manifests: new Map(),
    };
  } catch (error) {
    if (isImageSpecError(error, "MANIFEST_INVALID")) throw archive.damaged(error.message, error);
    throw error;
  }
}
