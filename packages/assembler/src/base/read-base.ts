import { createHash } from "node:crypto";
import path from "node:path";
import type { BaseImage } from "@imagespec/core";
import { ImageSpecError, throwIfAborted } from "@imagespec/errors";
import { type ContentStore, openKeyIndex, withFileLock } from "@imagespec/image-store";
import {
  type Descriptor,
  digestHex,
  type ImageConfig,
  type ImageManifest,
  isForeignLayer,
  maxManifestSize,
  parseImageConfig,
  parseImageManifest,
} from "@imagespec/oci";
import type { LayerIndex } from "../layer-index/layer-index.ts";
import { type BaseFacts, parseBaseFacts } from "./base-facts.ts";
import { scanBase } from "./scan-base.ts";

/** A base with all that is known of it. */
export interface KnownBase {
  readonly image: BaseImage;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  readonly facts: BaseFacts;
}

export interface ReadBaseOptions {
  readonly content: ContentStore;
  /** Where facts are kept. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Where others may have left the facts. */
  readonly index?: LayerIndex | undefined;
  /** Called while the layers are fetched: bytes so far and in all. */
  readonly onDownload?: (current: number, total: number) => void;
}

/** Facts of another form have another key. */
const factsVersion = "facts-1";

/** The key of a base's facts in the index. */
export function baseKey(manifest: string): string {
  return createHash("sha256").update(`${factsVersion} ${manifest}`).digest("hex");
}

/** Reads manifest and config of a base, and its facts: from an earlier time, else by reading its layers once. */
export async function readBase(image: BaseImage, options: ReadBaseOptions): Promise<KnownBase> {
  const { content, signal } = options;
  const manifest = parseImageManifest(await readManifestBytes(image, options));
  await fetchBlob(image, manifest.config, options);
  const config = parseImageConfig(await content.read(manifest.config.digest, { maxSize: maxManifestSize }));
  assertWhole(image, manifest, config);
  const index = await openKeyIndex(path.join(options.folder, "bases"), { parse: parseBaseFacts });
  const key = `${factsVersion} ${image.manifest.digest}`;
  const scan = async (): Promise<BaseFacts> => {
    const total = manifest.layers.reduce((sum, { size }) => sum + size, 0);
    let done = 0;
    const layers = manifest.layers.map((layer) => async () => {
      throwIfAborted(signal);
      await fetchBlob(image, layer, options, (bytes) => options.onDownload?.(done + bytes, total));
      done += layer.size;
      return content.open(layer.digest);
    });
    const found = await scanBase(layers, environmentOf(config));
    await index.set(key, found);
    return found;
  };
  const ask = async (): Promise<BaseFacts | undefined> => {
    const found = parseBaseFacts(await options.index?.document("base", baseKey(image.manifest.digest)));
    if (found !== undefined) await index.set(key, found);
    return found;
  };
  // Whoever else wants the same base waits for it instead of fetching it too.
  const lock = path.join(content.root, "locks", `base-${digestHex(image.manifest.digest)}.lock`);
  const facts =
    (await index.get(key)) ??
    (await withFileLock(lock, async () => (await index.get(key)) ?? (await ask()) ?? (await scan()), { signal }));
  return { image, manifest, config, facts };
}

/** What stands on a base takes over its list of diffIDs: one that does not fit its layers would make every such image unsound. */
function assertWhole({ reference }: BaseImage, manifest: ImageManifest, config: ImageConfig): void {
  const [layers, diffIds] = [manifest.layers.length, config.rootfs.diff_ids.length];
  if (layers === diffIds) return;
  throw new ImageSpecError(
    "MANIFEST_INVALID",
    `the base image "${reference}" has ${layers} layers, and ${diffIds} diffIDs in its config`,
    { hint: "build or push the base again", details: { reference, layers, diffIds } },
  );
}

/** The environment of an image as a map. */
function environmentOf(config: ImageConfig): ReadonlyMap<string, string> {
  return new Map(
    (config.config?.Env ?? []).map((line) => {
      const equals = line.indexOf("=");
      return equals < 0 ? [line, ""] : [line.slice(0, equals), line.slice(equals + 1)];
    }),
  );
}

/** The manifest of a base, brought into the content store. @throws BASE_NOT_FOUND, REGISTRY_… */
export async function readManifestBytes(
  image: BaseImage,
  { content, signal }: Pick<ReadBaseOptions, "content" | "signal">,
): Promise<Uint8Array> {
  const { digest, size } = image.manifest;
  if ((await content.stat(digest))?.size === size) return content.read(digest, { maxSize: maxManifestSize });
  const stored = await image.source.readManifest({ digest }, { signal });
  if (stored === undefined) {
    throw new ImageSpecError("BASE_NOT_FOUND", `the base image "${image.reference}" has no manifest "${digest}"`, {
      hint: "pull or build the base again",
      details: { reference: image.reference, digest },
    });
  }
  await content.write(stored.bytes, { expected: digest });
  return stored.bytes;
}

/** Brings a blob of the base into the content store. */
async function fetchBlob(
  image: BaseImage,
  blob: Descriptor,
  { content, signal }: ReadBaseOptions,
  onProgress: (bytes: number) => void = () => undefined,
): Promise<void> {
  if ((await content.stat(blob.digest))?.size === blob.size) return;
  if (isForeignLayer(blob.mediaType)) {
    throw new ImageSpecError(
      "BASE_UNSUPPORTED",
      `the base image "${image.reference}" has a layer that may not be copied`,
      { hint: "choose another base", details: { digest: blob.digest } },
    );
  }
  const stream = await image.source.openBlob(blob, { signal });
  await content.write(stream, { expected: blob.digest, size: blob.size, signal, onProgress });
}
