import { open } from "node:fs/promises";
import { ImageSpecError } from "@imagespec/errors";
import { type ContentStore, onDisk } from "@imagespec/image-store";
import {
  type BlobContent,
  createDigester,
  type Descriptor,
  type Digest,
  digestOf,
  isManifestMediaType,
  type StoredManifest,
} from "@imagespec/oci";
import type { RelaySource, RelayTarget, RelayUpload } from "./relay.ts";

/** Blobs that need not be sent: of the base, or in the output already. */
export interface KnownBlobs {
  size(digest: Digest): Promise<number | undefined>;
  open(digest: Digest, size: number): Promise<AsyncIterable<Uint8Array>>;
}

/** Takes an image that a daemon pushes into the content store of this machine. */
export class ImageIntake implements RelaySource, RelayTarget {
  readonly #content: ContentStore;
  readonly #known: KnownBlobs;
  readonly #onBlob: (blob: Descriptor) => void;
  readonly #manifests = new Map<string, StoredManifest>();
  #received = 0;

  /** `onBlob` is told of every blob that was taken in, as soon as it can be read. */
  constructor(content: ContentStore, known: KnownBlobs, onBlob: (blob: Descriptor) => void) {
    this.#content = content;
    this.#known = known;
    this.#onBlob = onBlob;
  }

  /** Bytes that the daemon sent. */
  get bytesReceived(): number {
    return this.#received;
  }

  manifest(digest: Digest): StoredManifest | undefined {
    return this.#manifests.get(digest);
  }

  async readManifest(reference: string): Promise<StoredManifest | undefined> {
    return this.#manifests.get(reference);
  }

  async blobSize(digest: Digest): Promise<number | undefined> {
    return (await this.#content.stat(digest))?.size ?? (await this.#known.size(digest));
  }

  async openBlob(digest: Digest, size: number): Promise<AsyncIterable<Uint8Array>> {
    return (await this.#content.has(digest)) ? this.#content.open(digest) : this.#known.open(digest, size);
  }

  /** How a blob of the image is read again, as often as it takes. */
  blob({ digest, size }: Descriptor): BlobContent {
    return () => this.openBlob(digest, size);
  }

  async startUpload(): Promise<RelayUpload> {
    const file = await this.#content.temporaryFile();
    const digester = createDigester("sha256");
    let size = 0;
    return {
      get size() {
        return size;
      },
      append: async (chunks) => {
        const handle = await onDisk(file.path, () => open(file.path, "a"));
        try {
          for await (const chunk of chunks) {
            digester.update(chunk);
            size += chunk.length;
            this.#received += chunk.length;
            await onDisk(file.path, () => handle.appendFile(chunk));
          }
        } finally {
          await handle.close();
        }
      },
      finish: async (digest) => {
        await using _file = file;
        const found = digester.digest();
        if (found !== digest) {
          throw new ImageSpecError("DIGEST_MISMATCH", `the daemon sent "${digest}" with the content of "${found}"`, {
            hint: "build again",
          });
        }
        if (!(await this.#content.has(digest))) await this.#content.adopt(file.path, digest);
        this.#onBlob({ mediaType: "application/octet-stream", digest, size });
      },
      discard: () => file[Symbol.asyncDispose](),
    };
  }

  async writeManifest(reference: string, bytes: Uint8Array, mediaType: string): Promise<Digest> {
    if (!isManifestMediaType(mediaType)) {
      throw new ImageSpecError("MANIFEST_INVALID", `the daemon pushed a manifest of the media type "${mediaType}"`);
    }
    const digest = digestOf(bytes);
    const manifest = { descriptor: { mediaType, digest, size: bytes.length }, bytes };
    this.#manifests.set(digest, manifest);
    this.#manifests.set(reference, manifest);
    return digest;
  }
}
