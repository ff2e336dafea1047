import { stat } from "node:fs/promises";
import { ImageSpecError, isImageSpecError, systemCodeOf } from "@imagespec/errors";
import { openOciLayout, readDockerArchive } from "@imagespec/image-store";
import {
  type Descriptor,
  type Digest,
  type ImageSource,
  isImageIndex,
  parseImageReference,
  parseManifest,
  parsePlatform,
  type StoredManifest,
  selectPlatform,
} from "@imagespec/oci";
import type { RegistryClient } from "@imagespec/registry-client";
import type { BaseImage } from "../builder/builder.ts";
import type { ResolvedBase, ResolvedImageSpec } from "../spec/resolved-spec.ts";
import type { MadeImage } from "./made-image.ts";
import { readImageFacts } from "./read-image.ts";

interface OpenedBase extends AsyncDisposable {
  readonly source: ImageSource;
  readonly image: StoredManifest;
  readonly reference: string;
  readonly repository: BaseImage["repository"];
}

/** The base of an image: opened once, so that all platforms stand on the same one, and closed after the build. */
export class BaseOpener implements AsyncDisposable {
  readonly #spec: ResolvedImageSpec;
  readonly #client: RegistryClient;
  readonly #made: (spec: ResolvedImageSpec | undefined) => Promise<MadeImage>;
  readonly #signal: AbortSignal;
  #opened: Promise<OpenedBase | undefined> | undefined;

  /** `made`: the base that is an image of the engine's own, of the given spec or of the one that is opened. */
  constructor(
    spec: ResolvedImageSpec,
    client: RegistryClient,
    made: (spec: ResolvedImageSpec | undefined) => Promise<MadeImage>,
    signal: AbortSignal,
  ) {
    this.#spec = spec;
    this.#client = client;
    this.#made = made;
    this.#signal = signal;
  }

  /**
   * The base for one platform; nothing for `scratch` and Debian bases.
   *
   * @param upper of a split build: the spec that stands on system packages
   * @throws BASE_NOT_FOUND, REGISTRY_…, MANIFEST_INVALID
   */
  async open(platform: string, upper?: ResolvedImageSpec): Promise<BaseImage | undefined> {
    const base = (upper ?? this.#spec).resolvedBase;
    if (base.kind === "image") return this.#madeBase(await this.#made(upper), platform);
    this.#opened ??= this.#openOnce(base);
    const opened = await this.#opened;
    return opened === undefined ? undefined : forPlatform(opened, platform, this.#signal);
  }

  /** Of what the base is: the index, where there is one; nothing for bases that are made. @throws BASE_NOT_FOUND, REGISTRY_… */
  async digest(): Promise<Digest | undefined> {
    const base = this.#spec.resolvedBase;
    if (base.kind === "image") return undefined;
    this.#opened ??= this.#openOnce(base);
    return (await this.#opened)?.image.descriptor.digest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Whoever asked for the base has seen why it could not be opened.
    await (await this.#opened?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }

  #madeBase({ output, platforms, image }: MadeImage, platform: string): BaseImage {
    const facts = platforms.get(platform);
    if (facts === undefined) throw noPlatform(String(image.descriptor.digest), platform, [...platforms.keys()]);
    const { digest } = facts.image.descriptor;
    const { repository } = output;
    const reference =
      repository === undefined ? `base@${digest}` : `${repository.registry}/${repository.repository}@${digest}`;
    return { source: output.source, manifest: facts.image.descriptor, repository, reference };
  }

  async #openOnce(base: Exclude<ResolvedBase, { readonly kind: "image" }>): Promise<OpenedBase | undefined> {
    if (base.kind === "scratch" || base.kind === "debian") return undefined;
    if (base.kind === "oci-layout") return openFile(base.path, base.name, base.digest, this.#signal);
    return openReference(base.reference, base.digest, this.#client, this.#signal);
  }
}

async function openReference(
  text: string,
  pinned: Digest | undefined,
  client: RegistryClient,
  signal: AbortSignal,
): Promise<OpenedBase> {
  const { registry, repository, tag, digest = pinned } = parseImageReference(text);
  const source = client.repository({ registry, repository });
  try {
    const image = await source.getManifest(digest === undefined ? { tag: tag ?? "latest" } : { digest }, { signal });
    const open = { source, image, reference: text, repository: { registry, repository } };
    return { ...open, [Symbol.asyncDispose]: async () => undefined };
  } catch (cause) {
    if (!isImageSpecError(cause, "REGISTRY_NOT_FOUND")) throw cause;
    throw new ImageSpecError("BASE_NOT_FOUND", `the base image "${text}" does not exist`, {
      hint: "correct baseImage; private images are also reported as missing when you are not logged in",
      cause,
      details: { reference: text },
    });
  }
}

async function openFile(
  path: string,
  name: string | undefined,
  digest: Digest,
  signal: AbortSignal,
): Promise<OpenedBase> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(path)).isDirectory();
  } catch (cause) {
    if (systemCodeOf(cause) !== "ENOENT") throw cause;
    throw new ImageSpecError("BASE_NOT_FOUND", `the base "${path}" does not exist`, {
      hint: "correct baseImage",
      cause,
    });
  }
  const source = isFolder ? await openOciLayout(path) : await readDockerArchive(path);
  const image = await source.readManifest({ digest }, { signal });
  if (image === undefined) {
    throw new ImageSpecError("BASE_NOT_FOUND", `"${path}" has no image "${name ?? digest}"`, {
      hint: "correct the name after the path in baseImage",
    });
  }
  return {
    source,
    image,
    reference: path,
    repository: undefined,
    async [Symbol.asyncDispose]() {
      await source.close();
    },
  };
}

async function forPlatform(base: OpenedBase, platform: string, signal: AbortSignal): Promise<BaseImage> {
  const { source, image, reference, repository } = base;
  const manifest = parseManifest(image.bytes, image.descriptor.mediaType);
  const found = (descriptor: Descriptor): BaseImage => ({ source, manifest: descriptor, reference, repository });
  if (isImageIndex(manifest)) {
    const child = selectPlatform(manifest.manifests, parsePlatform(platform));
    if (child === undefined) throw noPlatform(reference, platform, platformsOf(manifest.manifests));
    return found(child);
  }
  const facts = await readImageFacts(source, image, signal);
  const fits = selectPlatform([{ platform: parsePlatform(facts.platform) }], parsePlatform(platform)) !== undefined;
  if (!fits) throw noPlatform(reference, platform, [facts.platform]);
  return found(image.descriptor);
}

function platformsOf(manifests: readonly Descriptor[]): readonly string[] {
  const texts = manifests.map(({ platform }) =>
    platform === undefined ? "" : `${platform.os}/${platform.architecture}`,
  );
  return [...new Set(texts)].filter((text) => text !== "" && !text.startsWith("unknown/"));
}

function noPlatform(reference: string, platform: string, there: readonly string[]): ImageSpecError {
  return new ImageSpecError("BASE_NOT_FOUND", `the base image "${reference}" has no platform "${platform}"`, {
    hint: `choose another base or platform; it has: ${there.join(", ") || "none"}`,
    details: { reference, platform, platforms: there },
  });
}
