import type { Descriptor, Digest, StoredManifest } from "@imagespec/oci";
import type { ArchivedFile } from "./archive-file.ts";

/** What an archive holds, in the terms of OCI, whichever form it has. */
export interface ArchiveContent {
  /** Entries as in an `index.json`; names are in the annotation `org.opencontainers.image.ref.name`. */
  readonly entries: readonly Descriptor[];
  /** Where a blob is. */
  readonly blob: (digest: Digest) => ArchivedFile | undefined;
  /** Manifests that are in no file, because the archive's form has none. */
  readonly manifests: ReadonlyMap<Digest, StoredManifest>;
}
