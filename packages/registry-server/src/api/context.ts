import type { BlobStore } from "../store/blob-store.ts";
import type { ManifestStore } from "../store/manifest-store.ts";
import type { UploadStore } from "../store/upload-store.ts";

/** What the operations of the API work on. */
export interface RegistryContext {
  readonly blobs: BlobStore;
  readonly uploads: UploadStore;
  readonly manifests: ManifestStore;
  readonly referrersApi: boolean;
  readonly maxManifestSize: number;
  readonly sparseIndex: boolean;
  readonly sparseImage: boolean;
  /** Drops content that no repository has any more, where garbage is not collected later. */
  readonly releaseContent: () => Promise<void>;
}
