import type { Descriptor, ImageSink, ImageSource } from "@imagespec/oci";

/** An image (or other content) that an index names. */
export interface NamedDescriptor {
  /** Nothing for content without a name. */
  readonly name: string | undefined;
  readonly descriptor: Descriptor;
}

/**
 * A folder in the form of an OCI image layout: a source and a sink of images. Their names are the values of the annotation
 * `org.opencontainers.image.ref.name`; `tag` in the calls of source and sink means such a name.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export interface OciLayout extends ImageSource, ImageSink {
  readonly root: string;
  /** The entries of `index.json`, in its order. @throws STORE_CORRUPT */
  list(): Promise<readonly NamedDescriptor[]>;
  /**
   * Gives content that is there a name, which whatever had it before loses.
   *
   * @throws IMAGE_NOT_FOUND, REFERENCE_INVALID for a text that is no name, STORE_CORRUPT, STORE_UNUSABLE
   */
  tag(descriptor: Descriptor, name: string): Promise<void>;
  /** Removes a name, not the content. False when nothing had it. @throws STORE_CORRUPT, STORE_UNUSABLE */
  untag(name: string): Promise<boolean>;
  /** Tidies up; the layout remains usable. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
