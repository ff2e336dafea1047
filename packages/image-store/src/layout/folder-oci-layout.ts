import { isImageSpecError, throwIfAborted } from "@imagespec/errors";
import {
  type BlobContent,
  type ContentOptions,
  type Descriptor,
  type Digest,
  descriptorOf,
  type ImageIndex,
  type ImageManifest,
  isImageIndex,
  maxManifestSize,
  mediaTypes,
  type Platform,
  parseImageConfig,
  parseManifest,
  platformOfConfig,
  type StoredManifest,
  type WriteBlobOptions,
  type WriteManifestOptions,
  type WrittenBlob,
} from "@imagespec/oci";
import { corruptContent, missingContent } from "../content/content-errors.ts";
import type { ContentStore } from "../content/content-store.ts";
import { abortable } from "../disk/abortable.ts";
import { PartialFolder } from "../disk/partial-folder.ts";
import { addNamed, addUnnamed, entryName, findJoined, findNamed, findOnly, withEntryName } from "./index-entries.ts";
import type { IndexFile } from "./index-file.ts";
import type { NamedDescriptor, OciLayout } from "./oci-layout.ts";

const configTypes: ReadonlySet<string> = new Set([mediaTypes.ociConfig, mediaTypes.dockerConfig]);

/** How a layout treats names and indexes. */
export interface LayoutRules {
  /** Whether an index is one entry; else its manifests are entries that share the name. */
  readonly nested: boolean;
  /** The form in which a name to be given is kept. @throws REFERENCE_INVALID */
  readonly nameToWrite: (name: string) => string;
  /** The kept form of a name that is looked up. @throws REFERENCE_INVALID */
  readonly nameToFind: (name: string) => string;
}

/** The one implementation of {@link OciLayout}, over a content store in the same folder. */
export class FolderOciLayout implements OciLayout {
  readonly content: ContentStore;
  protected readonly index: IndexFile;
  readonly #rules: LayoutRules;

  constructor(content: ContentStore, index: IndexFile, rules: LayoutRules) {
    this.content = content;
    this.index = index;
    this.#rules = rules;
  }

  get root(): string {
    return this.content.root;
  }

  hasBlob(digest: Digest): Promise<boolean> {
    return this.content.has(digest);
  }

  async openBlob(
    descriptor: Pick<Descriptor, "digest" | "size">,
    options: ContentOptions = {},
  ): Promise<AsyncIterable<Uint8Array>> {
    const { digest, size } = descriptor;
    throwIfAborted(options.signal);
    const facts = await this.content.stat(digest);
    if (facts === undefined) throw missingContent(digest, this.root);
    if (facts.size !== size)
      throw corruptContent(this.content.path(digest), digest, `it has ${facts.size} of ${size} bytes`);
    return abortable(this.content.open(digest), options.signal);
  }

  async readManifest(
    reference: { readonly tag?: string | undefined; readonly digest?: Digest | undefined },
    options: ContentOptions = {},
  ): Promise<StoredManifest | undefined> {
    throwIfAborted(options.signal);
    if (reference.digest !== undefined) return this.#readByDigest(reference.digest);
    const entries = await this.index.entries();
    const found =
      reference.tag === undefined
        ? findOnly(entries, this.root)
        : findNamed(entries, this.#rules.nameToFind(reference.tag));
    if (found === undefined) return undefined;
    return "bytes" in found ? found : this.#readByDigest(found.digest);
  }

  async #readByDigest(digest: Digest): Promise<StoredManifest | undefined> {
    if (!(await this.content.has(digest))) return findJoined(await this.index.entries(), digest);
    const bytes = await this.content.read(digest, { maxSize: maxManifestSize });
    return { bytes, descriptor: { mediaType: parseManifest(bytes).mediaType, digest, size: bytes.length } };
  }

  async writeBlob(descriptor: Descriptor, content: BlobContent, options: WriteBlobOptions = {}): Promise<WrittenBlob> {
    const { digest, size } = descriptor;
    const { signal, onProgress } = options;
    throwIfAborted(signal);
    // A file of another size is what a power cut left; it is replaced.
    if ((await this.content.stat(digest))?.size === size) return { action: "exists" };
    await this.content.write(await content(), {
      expected: digest,
      size,
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    return { action: "written" };
  }

  async writeManifest(bytes: Uint8Array, mediaType: string, options: WriteManifestOptions = {}): Promise<Descriptor> {
    const { signal, tag } = options;
    throwIfAborted(signal);
    const manifest = parseManifest(bytes, mediaType);
    const descriptor = descriptorOf(bytes, manifest.mediaType);
    const name = tag === undefined ? undefined : this.#rules.nameToWrite(tag);
    await this.content.write(bytes, { expected: descriptor.digest });
    const add = await this.#adder(descriptor, manifest, name);
    await this.index.update(add, signal);
    return descriptor;
  }

  async tag(descriptor: Descriptor, name: string): Promise<void> {
    const kept = this.#rules.nameToWrite(name);
    const stored = await this.#readByDigest(descriptor.digest);
    if (stored === undefined) throw missingContent(descriptor.digest, this.root);
    await this.index.update(await this.#adder(stored.descriptor, parseManifest(stored.bytes), kept));
  }

  /** The change of `index.json` that brings a manifest in. */
  async #adder(
    descriptor: Descriptor,
    manifest: ImageManifest | ImageIndex,
    name: string | undefined,
  ): Promise<(entries: readonly Descriptor[]) => readonly Descriptor[]> {
    const entry = await this.#describe(descriptor, manifest);
    const manifests = isImageIndex(manifest) ? manifest.manifests : [];
    const children = new Set(manifests.map(({ digest }) => digest));
    if (name === undefined) return (entries) => addUnnamed(entries, entry, children);
    const isSpread = manifests.length > 0 && (!this.#rules.nested || !(await this.content.has(descriptor.digest)));
    const parts = isSpread ? manifests : [entry];
    return (entries) => addNamed(entries, parts, name, children);
  }

  /** What other tools look for in an entry before they open it: platform and artifact type. */
  async #describe(descriptor: Descriptor, manifest: ImageManifest | ImageIndex): Promise<Descriptor> {
    const platform = isImageIndex(manifest) ? undefined : await this.#platformOf(manifest);
    const { artifactType } = manifest;
    return {
      ...descriptor,
      ...(platform === undefined ? {} : { platform }),
      ...(artifactType === undefined ? {} : { artifactType }),
    };
  }

  async #platformOf(manifest: ImageManifest): Promise<Platform | undefined> {
    const { mediaType, digest } = manifest.config;
    if (!configTypes.has(mediaType) || !(await this.content.has(digest))) return undefined;
    try {
      return platformOfConfig(parseImageConfig(await this.content.read(digest, { maxSize: maxManifestSize })));
    } catch (error) {
      // The platform is a courtesy here; whoever uses the image reads its config and is told then.
      if (isImageSpecError(error, "MANIFEST_INVALID")) return undefined;
      throw error;
    }
  }

  async untag(name: string): Promise<boolean> {
    const kept = this.#rules.nameToFind(name);
    if (!(await this.index.entries()).some((entry) => entryName(entry) === kept)) return false;
    let isRemoved = false;
    await this.index.update((entries) => {
      const others = entries.filter((entry) => entryName(entry) !== kept);
      isRemoved = others.length < entries.length;
      return others;
    });
    return isRemoved;
  }

  async list(): Promise<readonly NamedDescriptor[]> {
    const entries = await this.index.entries();
    return entries.map((entry) => ({ name: entryName(entry), descriptor: withEntryName(entry, undefined) }));
  }

  async close(): Promise<void> {
    await new PartialFolder(this.root).removeIfEmpty();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
