import { ImageSpecError, isImageSpecError, throwIfAborted } from "@imagespec/errors";
import {
  type ContentOptions,
  type Descriptor,
  type Digest,
  formatImageReference,
  type ImageSource,
  maxManifestSize,
  parseImageReference,
  parseManifest,
  type StoredManifest,
} from "@imagespec/oci";
import { missingContent } from "../content/content-errors.ts";
import { verifiedStream } from "../content/verified-stream.ts";
import { abortable } from "../disk/abortable.ts";
import { entryName, findJoined, findNamed, findOnly, withEntryName } from "../layout/index-entries.ts";
import type { NamedDescriptor } from "../layout/oci-layout.ts";
import type { ArchiveContent } from "./archive-content.ts";
import { ArchiveFile } from "./archive-file.ts";
import { readLegacyContent } from "./legacy-archive-content.ts";
import { readOciContent } from "./oci-archive-content.ts";

/** The images of an archive; `tag` means a name that {@link DockerArchive.list} gives, or the short form of one. */
export interface DockerArchive extends ImageSource {
  /** The images, one entry a name. */
  list(): Promise<readonly NamedDescriptor[]>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The canonical form of a name that is a reference; names in OCI archives need not be one. */
function canonicalName(name: string): string {
  try {
    return formatImageReference(parseImageReference(name));
  } catch (error) {
    if (isImageSpecError(error, "REFERENCE_INVALID")) return name;
    throw error;
  }
}

class OpenDockerArchive implements DockerArchive {
  readonly #archive: ArchiveFile;
  readonly #content: ArchiveContent;

  constructor(archive: ArchiveFile, content: ArchiveContent) {
    this.#archive = archive;
    this.#content = content;
  }

  async list(): Promise<readonly NamedDescriptor[]> {
    return this.#content.entries.map((entry) => ({
      name: entryName(entry),
      descriptor: withEntryName(entry, undefined),
    }));
  }

  async hasBlob(digest: Digest): Promise<boolean> {
    return this.#content.blob(digest) !== undefined;
  }

  async openBlob(
    descriptor: Pick<Descriptor, "digest" | "size">,
    options: ContentOptions = {},
  ): Promise<AsyncIterable<Uint8Array>> {
    throwIfAborted(options.signal);
    const { digest } = descriptor;
    const file = this.#content.blob(digest);
    if (file === undefined) throw missingContent(digest, this.#archive.path);
    const damaged = (reason: string): ImageSpecError => this.#archive.damaged(`the blob "${digest}": ${reason}`);
    return abortable(verifiedStream(this.#archive.stream(file), descriptor, damaged), options.signal);
  }

  async readManifest(
    reference: { readonly tag?: string | undefined; readonly digest?: Digest | undefined },
    options: ContentOptions = {},
  ): Promise<StoredManifest | undefined> {
    throwIfAborted(options.signal);
    const { tag, digest } = reference;
    if (digest !== undefined) return this.#readByDigest(digest, options);
    const { entries } = this.#content;
    const found =
      tag === undefined
        ? findOnly(entries, this.#archive.path)
        : (findNamed(entries, tag) ?? findNamed(entries, canonicalName(tag)));
    if (found === undefined) return undefined;
    return "bytes" in found ? found : this.#readByDigest(found.digest, options);
  }

  async #readByDigest(digest: Digest, options: ContentOptions): Promise<StoredManifest | undefined> {
    const made = this.#content.manifests.get(digest);
    if (made !== undefined) return made;
    const file = this.#content.blob(digest);
    if (file === undefined) return findJoined(this.#content.entries, digest);
    if (file.size > maxManifestSize) throw this.#archive.damaged(`the manifest "${digest}" has ${file.size} bytes`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of await this.openBlob({ digest, size: file.size }, options)) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    return { bytes, descriptor: { mediaType: parseManifest(bytes).mediaType, digest, size: file.size } };
  }

  close(): Promise<void> {
    return this.#archive.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Opens a docker archive (`docker save`, old or new form) or an OCI archive as a source of images. Only headers are read; blobs
 * are read from their place in the file, and verified. A compressed archive is first unpacked to a temporary file. The old form has
 * no manifests: they are made up, always the same for the same archive.
 *
 * @throws IMAGE_NOT_FOUND when there is no such file or no image in it, STORE_CORRUPT, MANIFEST_INVALID, STORE_UNUSABLE, DISK_FULL
 */
export async function readDockerArchive(file: string): Promise<DockerArchive> {
  const archive = await ArchiveFile.open(file);
  try {
    const content = (await readOciContent(archive)) ?? (await readLegacyContent(archive));
    if (content !== undefined) return new OpenDockerArchive(archive, content);
    throw new ImageSpecError("IMAGE_NOT_FOUND", `"${file}" is neither a docker archive nor an OCI archive`, {
      hint: "Write it with `docker save`, or with an output of type docker-archive",
      details: { path: file },
    });
  } catch (error) {
    await archive.close();
    throw error;
  }
}
