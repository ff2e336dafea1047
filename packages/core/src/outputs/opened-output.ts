import type { ImageSpecError } from "@imagespec/errors";
import type { Descriptor, ImageSink, ImageSource, StoredManifest } from "@imagespec/oci";
import type { RepositoryReference } from "@imagespec/registry-client";
import type { BuildOutput } from "../builder/output.ts";

/** What an output says about a tag. */
export type Lookup =
  | { readonly state: "present"; readonly image: StoredManifest }
  | { readonly state: "absent" }
  | { readonly state: "unknown"; readonly reason: string; readonly error: ImageSpecError };

interface Signalled {
  readonly signal: AbortSignal;
}

/** A kind of output, ready to be read and written. Tags are plain tags; each output makes its own names of them. */
export interface OpenedOutput {
  readonly source: ImageSource;
  readonly sink: ImageSink;
  /** For mounts; registries only. */
  readonly repository: RepositoryReference | undefined;
  /** Whether the images of single platforms can have tags of their own beside an index. */
  readonly keepsPlatformTags: boolean;
  /** Full name of the image under a tag, or the path of a file or folder. */
  reference(tag: string): string;
  /** The output as a builder sees it. */
  describe(tag: string): BuildOutput;
  lookUp(tag: string, options: Signalled): Promise<Lookup>;
  /** Finds out, before anything is built, whether the output can be written. */
  prepare(options: Signalled): Promise<void>;
  /** Gives a manifest that is in the output a tag. */
  tag(image: StoredManifest, tag: string, options: Signalled): Promise<void>;
  /** Takes a tag away and leaves the manifest. */
  untag(tag: string, options: Signalled): Promise<void>;
  /** Hands the finished image on: writes the archive, loads it into the engine. */
  deliver(image: StoredManifest, tag: string, options: Signalled): Promise<void>;
  /** Keeps a document about a manifest beside it. */
  addRecord(subject: Descriptor, record: Uint8Array, options: Signalled): Promise<void>;
  /** The newest document that was kept about a manifest. */
  readRecord(subject: Descriptor, options: Signalled): Promise<Uint8Array | undefined>;
}
