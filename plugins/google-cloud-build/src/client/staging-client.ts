import type { CallOptions } from "./cloud-build-client.ts";

/** An object in a bucket, of one generation. */
export interface StagedObject {
  readonly bucket: string;
  readonly object: string;
  readonly generation: string;
  /** Bytes that were sent; 0 when it was there. */
  readonly uploaded: number;
}

/** What a read of a part of an object gave. */
export type ObjectPart =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** It has not been written yet. */
  | { readonly kind: "absent" }
  /** Nothing beyond what was read. */
  | { readonly kind: "end" };

/** The calls of Cloud Storage that are used; each rejects with what the client library throws. */
export interface StagingClient {
  /** Names of the buckets that the project itself has and that begin so. */
  bucketsOf(project: string, prefix: string, options: CallOptions): Promise<readonly string[]>;
  /** Uploads a file unless an object of that name is there, whatever else uploads at the same time. */
  upload(
    target: { readonly bucket: string; readonly object: string },
    file: { readonly path: string; readonly size: number },
    options: CallOptions & { readonly onProgress?: (bytes: number) => void },
  ): Promise<StagedObject>;
  /** Reads an object from a byte on. */
  read(bucket: string, object: string, from: number, options: CallOptions): Promise<ObjectPart>;
  remove(target: StagedObject, options: CallOptions): Promise<void>;
}
