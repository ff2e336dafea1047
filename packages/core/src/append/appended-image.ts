import {
  type ContainerConfig,
  type Descriptor,
  type Digest,
  type EncodedDocument,
  encodeConfig,
  encodeManifest,
  type ImageConfig,
  type ImageManifest,
  layerCompression,
  mediaTypes,
} from "@imagespec/oci";

/** An image of one platform. */
export interface TrunkImage {
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
}

/** A layer of gzip. */
export interface AppendedLayer {
  readonly digest: Digest;
  /** Bytes of the blob. */
  readonly size: number;
  readonly diffId: Digest;
  /** What it holds, for `docker history`. */
  readonly comment: string;
}

const epoch = "1970-01-01T00:00:00Z";
/** What overlay file systems can stack. */
const maxLayers = 127;

/** Config and manifest of an image with one more layer; of the family of media types that it had. */
export function appendedImage(
  { manifest, config }: TrunkImage,
  layer: AppendedLayer,
  own: {
    readonly labels: Readonly<Record<string, string>>;
    readonly env: Readonly<Record<string, string>>;
  },
): { readonly config: EncodedDocument; readonly manifest: EncodedDocument } {
  const isDocker = manifest.mediaType === mediaTypes.dockerManifest;
  const { digest, size, diffId, comment } = layer;
  const descriptor: Descriptor = {
    mediaType: isDocker ? mediaTypes.dockerLayer : mediaTypes.ociLayerGzip,
    digest,
    size,
  };
  const container = config.config ?? {};
  const history = config.history ?? [];
  const encoded = encodeConfig(
    {
      ...config,
      config: {
        ...container,
        Env: withVariables(container.Env ?? [], own.env),
        Labels: { ...container.Labels, ...own.labels },
      },
      rootfs: { type: "layers", diff_ids: [...config.rootfs.diff_ids, diffId] },
      ...(history.length === 0
        ? {}
        : { history: [...history, { created: epoch, created_by: `imagespec ${comment}` }] }),
    },
    isDocker ? mediaTypes.dockerConfig : mediaTypes.ociConfig,
  );
  const { subject: _other, ...rest } = manifest;
  return {
    config: encoded,
    manifest: encodeManifest({ ...rest, config: encoded.descriptor, layers: [...manifest.layers, descriptor] }),
  };
}

/** Why nothing can be appended to an image, in words that follow "because"; nothing when it can. */
export function whyNoTrunk({ manifest, config }: TrunkImage, workdir: string): string | undefined {
  const { layers } = manifest;
  const history = config.history ?? [];
  const entries = history.filter(({ empty_layer: isEmpty }) => isEmpty !== true).length;
  const isImage = manifest.mediaType === mediaTypes.dockerManifest || manifest.mediaType === mediaTypes.ociManifest;
  if (!isImage || layers.some(({ mediaType }) => layerCompression(mediaType) === undefined))
    return `its media types are others than images have: "${manifest.mediaType}"`;
  // A history is optional; engines refuse one that does not fit.
  if (config.rootfs.diff_ids.length !== layers.length || (history.length > 0 && entries !== layers.length))
    return "its config and its manifest do not have the same layers";
  if (layers.length >= maxLayers) return `it has ${layers.length} layers`;
  if (!isSameFolder(config.config, workdir)) return `its working directory is "${config.config?.WorkingDir ?? ""}"`;
  return undefined;
}

function isSameFolder(config: ContainerConfig | undefined, workdir: string): boolean {
  const plain = (path: string): string => path.replace(/\/+$/, "");
  return plain(config?.WorkingDir ?? "") === plain(workdir);
}

function withVariables(lines: readonly string[], own: Readonly<Record<string, string>>): readonly string[] {
  const others = lines.filter((line) => !Object.hasOwn(own, line.split("=", 1)[0] ?? ""));
  return [...others, ...Object.entries(own).map(([name, value]) => `${name}=${value}`)];
}
