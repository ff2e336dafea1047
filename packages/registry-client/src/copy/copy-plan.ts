import { ImageSpecError } from "@imagespec/errors";
import {
  type Descriptor,
  type Digest,
  digestAlgorithm,
  digestOf,
  encodeManifest,
  formatPlatform,
  type ImageIndex,
  type ImageManifest,
  type ImageSource,
  isForeignLayer,
  isImageIndex,
  matchesPlatform,
  type Platform,
  parseImageConfig,
  parseManifest,
  platformOfConfig,
  type StoredManifest,
  selectPlatform,
} from "@imagespec/oci";
import type { OperationOptions } from "../registry-client-options.ts";
import type { ManifestReference } from "../repository.ts";
import { isRepository } from "./is-repository.ts";

/** One manifest to write, after what it refers to. */
export interface PlannedManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  /** Config and layers; layers that may not be distributed are left where they are. */
  readonly blobs: readonly Descriptor[];
}

/** What a copy consists of. */
export interface CopyPlan {
  /** In the order to write them: children before the index that lists them, the root last. */
  readonly manifests: readonly PlannedManifest[];
  readonly root: PlannedManifest;
}

/** An index may list indexes; deeper ones than this are taken for a circle. */
const maxDepth = 8;
/** By which BuildKit marks the attestation of an image in the same index. */
const attestationKey = "vnd.docker.reference.digest";

/** Reads every manifest of an image or index. @throws IMAGE_NOT_FOUND, REGISTRY_NOT_FOUND, MANIFEST_INVALID, DIGEST_MISMATCH */
export async function planCopy(
  source: ImageSource,
  reference: ManifestReference,
  platforms: readonly Platform[] | undefined,
  options: OperationOptions,
): Promise<CopyPlan> {
  const name = reference.digest ?? reference.tag ?? "";
  const stored = await source.readManifest(reference, options);
  if (stored === undefined) {
    const code = isRepository(source) ? "REGISTRY_NOT_FOUND" : "IMAGE_NOT_FOUND";
    const where = isRepository(source) ? `"${source.registry}/${source.repository}"` : "the source";
    throw new ImageSpecError(code, `${where} has no image "${name}"`, { hint: "check the tag or digest" });
  }
  const reader = new PlanReader(source, options);
  const root = await reader.add(platforms === undefined ? stored : await reader.narrow(stored, platforms, name), 0);
  return { manifests: reader.manifests, root };
}

class PlanReader {
  readonly manifests: PlannedManifest[] = [];
  readonly #source: ImageSource;
  readonly #options: OperationOptions;
  readonly #seen = new Map<Digest, PlannedManifest>();

  constructor(source: ImageSource, options: OperationOptions) {
    this.#source = source;
    this.#options = options;
  }

  async add(stored: StoredManifest, depth: number): Promise<PlannedManifest> {
    const { descriptor, bytes } = stored;
    const known = this.#seen.get(descriptor.digest);
    if (known !== undefined) return known;
    const manifest = parseManifest(bytes, descriptor.mediaType);
    if (isImageIndex(manifest)) {
      if (depth >= maxDepth) {
        throw new ImageSpecError(
          "MANIFEST_INVALID",
          `index "${descriptor.digest}" lists indexes more than ${maxDepth} deep`,
          {
            hint: "copy the inner index by its digest",
          },
        );
      }
      for (const child of manifest.manifests) await this.add(await this.#child(child), depth + 1);
    }
    const planned: PlannedManifest = { descriptor, bytes, blobs: isImageIndex(manifest) ? [] : blobsOf(manifest) };
    this.#seen.set(descriptor.digest, planned);
    this.manifests.push(planned);
    return planned;
  }

  /** The manifest of one platform, or an index of several. */
  async narrow(stored: StoredManifest, platforms: readonly Platform[], name: string): Promise<StoredManifest> {
    const manifest = parseManifest(stored.bytes, stored.descriptor.mediaType);
    if (!isImageIndex(manifest)) {
      await this.#assertPlatform(manifest, platforms, name);
      return stored;
    }
    const chosen = new Set(platforms.map((wanted) => choose(manifest, wanted, name)));
    const [only] = chosen;
    if (chosen.size === 1 && only !== undefined) return this.#child(only);
    const digests: ReadonlySet<string> = new Set([...chosen].map(({ digest }) => digest));
    const manifests = manifest.manifests.filter(
      (entry) => chosen.has(entry) || digests.has(entry.annotations?.[attestationKey] ?? ""),
    );
    return manifests.length === manifest.manifests.length ? stored : encodeManifest({ ...manifest, manifests });
  }

  async #child(child: Descriptor): Promise<StoredManifest> {
    const stored = await this.#source.readManifest({ digest: child.digest }, this.#options);
    if (stored === undefined) {
      throw new ImageSpecError(
        "IMAGE_NOT_FOUND",
        `the source lacks manifest "${child.digest}", which its index lists`,
        {
          hint: "copy only the platforms that are there, or restore the source",
        },
      );
    }
    const actual = digestOf(stored.bytes, digestAlgorithm(child.digest));
    if (actual !== child.digest) {
      throw new ImageSpecError("DIGEST_MISMATCH", `manifest "${child.digest}" of the source has digest "${actual}"`, {
        hint: "restore the source",
        details: { expected: child.digest, actual },
      });
    }
    return stored;
  }

  async #assertPlatform(manifest: ImageManifest, platforms: readonly Platform[], name: string): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of await this.#source.openBlob(manifest.config, this.#options)) chunks.push(chunk);
    const offered = platformOfConfig(parseImageConfig(Buffer.concat(chunks)));
    const missing = platforms.find((wanted) => !matchesPlatform(wanted, offered));
    if (missing !== undefined) throw noPlatform(missing, [offered], name);
  }
}

function blobsOf(manifest: ImageManifest): readonly Descriptor[] {
  return [manifest.config, ...manifest.layers.filter((layer) => !isForeignLayer(layer.mediaType))];
}

function choose(index: ImageIndex, wanted: Platform, name: string): Descriptor {
  const found = selectPlatform(index.manifests, wanted);
  if (found !== undefined) return found;
  throw noPlatform(
    wanted,
    index.manifests.flatMap(({ platform }) => platform ?? []),
    name,
  );
}

function noPlatform(wanted: Platform, offered: readonly Platform[], name: string): ImageSpecError {
  const list = offered.map(formatPlatform).join(", ");
  return new ImageSpecError("IMAGE_NOT_FOUND", `"${name}" has no image for platform "${formatPlatform(wanted)}"`, {
    hint: list === "" ? "copy without naming platforms" : `choose among: ${list}`,
    details: { platform: formatPlatform(wanted) },
  });
}
