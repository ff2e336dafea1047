import { ImageSpecError } from "@imagespec/errors";
import type {
  BlobContent,
  Descriptor,
  ImageSink,
  WriteBlobOptions,
  WriteManifestOptions,
  WrittenBlob,
} from "@imagespec/oci";

/**
 * The sink that a builder writes to: everything goes to the output at once but for the tag, which the engine sets when it has
 * made sure that what was built is what the spec describes.
 */
export class UntaggedSink implements ImageSink {
  readonly #sink: ImageSink;
  #isClosed = false;

  constructor(sink: ImageSink) {
    this.#sink = sink;
  }

  async writeBlob(descriptor: Descriptor, content: BlobContent, options?: WriteBlobOptions): Promise<WrittenBlob> {
    this.#assertOpen();
    return this.#sink.writeBlob(descriptor, content, options);
  }

  async writeManifest(bytes: Uint8Array, mediaType: string, options: WriteManifestOptions = {}): Promise<Descriptor> {
    this.#assertOpen();
    const { tag: _later, ...others } = options;
    return this.#sink.writeManifest(bytes, mediaType, others);
  }

  /** Refuses whatever a builder still writes after its build is over. */
  close(): void {
    this.#isClosed = true;
  }

  #assertOpen(): void {
    if (!this.#isClosed) return;
    throw new ImageSpecError("ABORTED", "the build that this sink belongs to is over", {
      hint: "stop writing when request.signal is triggered",
    });
  }
}
