import type { LocalImageStore, OciLayout } from "@imagespec/image-store";
import type { Descriptor, ImageSink, ImageSource, StoredManifest } from "@imagespec/oci";
import type { BuildOutput } from "../builder/output.ts";
import { isWhole } from "./is-whole.ts";
import type { Lookup, OpenedOutput } from "./opened-output.ts";
import { storeRecords } from "./store-records.ts";

type Signalled = { readonly signal: AbortSignal };

/** An OCI image layout folder: the user's own. */
export class LayoutOutput implements OpenedOutput {
  readonly repository = undefined;
  readonly keepsPlatformTags: boolean = false;
  protected readonly layout: OciLayout;
  readonly #name: string;

  /** `name`: what images are called there, without the tag. */
  constructor(layout: OciLayout, name: string) {
    this.layout = layout;
    this.#name = name;
  }

  get source(): ImageSource {
    return this.layout;
  }

  get sink(): ImageSink {
    return this.layout;
  }

  /** The name of the image in the layout. */
  nameOf(tag: string): string {
    return `${this.#name}:${tag}`;
  }

  reference(_tag: string): string {
    return this.layout.root;
  }

  describe(tag: string): BuildOutput {
    return { kind: "oci-layout", path: this.layout.root, name: this.nameOf(tag) };
  }

  async lookUp(tag: string, options: Signalled): Promise<Lookup> {
    const image = await this.layout.readManifest({ tag: this.nameOf(tag) }, options);
    // Content may be gone or cut short: a power cut, a tidy hand. Then the image is made again.
    if (image === undefined || !(await isWhole(this.layout, image))) return { state: "absent" };
    return { state: "present", image };
  }

  async prepare(_options: Signalled): Promise<void> {
    // Opening the layout for writing has shown what there is to know.
  }

  async tag({ bytes, descriptor }: StoredManifest, tag: string, { signal }: Signalled): Promise<void> {
    await this.layout.writeManifest(bytes, descriptor.mediaType, { tag: this.nameOf(tag), signal });
  }

  async untag(tag: string, _options: Signalled): Promise<void> {
    await this.layout.untag(this.nameOf(tag));
  }

  async deliver(_image: StoredManifest, _tag: string, _options: Signalled): Promise<void> {
    // It is there as soon as it has its name.
  }

  async addRecord(_subject: Descriptor, _record: Uint8Array, _options: Signalled): Promise<void> {
    // A layout that the user hands on holds the image and nothing else.
  }

  async readRecord(_subject: Descriptor, _options: Signalled): Promise<Uint8Array | undefined> {
    return undefined;
  }
}

/** The user's local image store. */
export class LocalStoreOutput extends LayoutOutput {
  override readonly keepsPlatformTags: boolean = true;
  protected readonly store: LocalImageStore;

  constructor(store: LocalImageStore, name: string) {
    super(store, name);
    this.store = store;
  }

  override reference(tag: string): string {
    return this.nameOf(tag);
  }

  override describe(tag: string): BuildOutput {
    return { kind: "local-store", name: this.nameOf(tag) };
  }

  override async readRecord({ digest }: Descriptor, options: Signalled): Promise<Uint8Array | undefined> {
    return storeRecords(this.store).read(digest, options);
  }

  override async addRecord(subject: Descriptor, record: Uint8Array, options: Signalled): Promise<void> {
    await storeRecords(this.store).write(subject, record, options);
  }
}
