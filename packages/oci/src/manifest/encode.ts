import { ImageSpecError } from "@imagespec/errors";
import { mediaTypes } from "../media-types.ts";
import type { Platform } from "../platform/platform.ts";
import { type Descriptor, descriptorOf } from "./descriptor.ts";
import { type ContainerConfig, type HistoryEntry, type ImageConfig, parseImageConfig } from "./image-config.ts";
import { type ImageIndex, type ImageManifest, isImageIndex, parseManifest } from "./manifest.ts";
import { listJson, objectJson, sortedJson } from "./ordered-json.ts";

/** The bytes of a manifest, index or config, and the descriptor that names them. */
export interface EncodedDocument {
  readonly bytes: Uint8Array;
  readonly descriptor: Descriptor;
}

/**
 * The bytes of a manifest or index, always the same for the same value.
 *
 * No white space; the keys in the order of the image specification's Go types: `schemaVersion`, `mediaType`, `artifactType`,
 * `config`, `layers` or `manifests`, `subject`, `annotations`; in descriptors `mediaType`, `digest`, `size`, `urls`,
 * `annotations`, `data`, `platform`, `artifactType`; in platforms `architecture`, `os`, `os.version`, `os.features`, `variant`.
 * Annotations are sorted by key. Empty values are written, undefined ones are not.
 *
 * @throws `MANIFEST_INVALID` for a value that {@link parseManifest} would refuse
 */
export function encodeManifest(manifest: ImageManifest | ImageIndex): EncodedDocument {
  const bytes = new TextEncoder().encode(
    objectJson([
      ["schemaVersion", "2"],
      ["mediaType", JSON.stringify(manifest.mediaType)],
      ["artifactType", sortedJson(manifest.artifactType)],
      ...(isImageIndex(manifest)
        ? ([["manifests", descriptorsJson(manifest.manifests)]] as const)
        : ([
            ["config", descriptorJson(manifest.config)],
            ["layers", descriptorsJson(manifest.layers)],
          ] as const)),
      ["subject", manifest.subject === undefined ? undefined : descriptorJson(manifest.subject)],
      ["annotations", sortedJson(manifest.annotations)],
    ]),
  );
  parseManifest(bytes, manifest.mediaType);
  refuseNamelessArtifact(manifest);
  const descriptor = descriptorOf(bytes, manifest.mediaType);
  return { bytes, descriptor };
}

function refuseNamelessArtifact(manifest: ImageManifest | ImageIndex): void {
  if (isImageIndex(manifest) || manifest.config.mediaType !== mediaTypes.ociEmpty) return;
  if (manifest.artifactType !== undefined && manifest.artifactType !== "") return;
  throw new ImageSpecError("MANIFEST_INVALID", `"manifest.artifactType" is missing beside the empty config`, {
    hint: 'set "artifactType" to a media type that says what the artifact is',
    details: { path: "manifest.artifactType" },
  });
}

function descriptorsJson(descriptors: readonly Descriptor[]): string {
  return listJson(descriptors.map(descriptorJson));
}

function descriptorJson(descriptor: Descriptor): string {
  return objectJson([
    ["mediaType", sortedJson(descriptor.mediaType)],
    ["digest", sortedJson(descriptor.digest)],
    ["size", sortedJson(descriptor.size)],
    ["urls", sortedJson(descriptor.urls)],
    ["annotations", sortedJson(descriptor.annotations)],
    ["data", sortedJson(descriptor.data)],
    ["platform", descriptor.platform === undefined ? undefined : objectJson(platformFields(descriptor.platform))],
    ["artifactType", sortedJson(descriptor.artifactType)],
  ]);
}

function platformFields(platform: Platform): readonly (readonly [string, string | undefined])[] {
  return [
    ["architecture", sortedJson(platform.architecture)],
    ["os", sortedJson(platform.os)],
    ["os.version", sortedJson(platform["os.version"])],
    ["os.features", sortedJson(platform["os.features"])],
    ["variant", sortedJson(platform.variant)],
  ];
}

/**
 * The bytes of an image configuration, always the same for the same value.
 *
 * No white space; the keys in the order of the image specification's Go types: `created`, `author`, `architecture`, `os`,
 * `os.version`, `os.features`, `variant`, `config`, `rootfs`, `history`; in `config` first those of {@link ContainerConfig} in
 * the order they have there, then all others sorted. Labels, ports, volumes and the values of other fields are sorted by key.
 *
 * @param mediaType of the descriptor; @default `mediaTypes.ociConfig`
 * @throws `MANIFEST_INVALID` for a value that {@link parseImageConfig} would refuse
 */
export function encodeConfig(config: ImageConfig, mediaType: string = mediaTypes.ociConfig): EncodedDocument {
  const bytes = new TextEncoder().encode(
    objectJson([
      ["created", sortedJson(config.created)],
      ["author", sortedJson(config.author)],
      ...platformFields(config),
      ["config", config.config === undefined ? undefined : containerConfigJson(config.config)],
      [
        "rootfs",
        objectJson([
          ["type", sortedJson(config.rootfs.type)],
          ["diff_ids", sortedJson(config.rootfs.diff_ids)],
        ]),
      ],
      ["history", config.history === undefined ? undefined : listJson(config.history.map(historyJson))],
    ]),
  );
  parseImageConfig(bytes);
  return { bytes, descriptor: descriptorOf(bytes, mediaType) };
}

const containerConfigKeys: readonly (keyof ContainerConfig)[] = [
  "User",
  "ExposedPorts",
  "Env",
  "Entrypoint",
  "Cmd",
  "Volumes",
  "WorkingDir",
  "Labels",
  "StopSignal",
  "ArgsEscaped",
  "OnBuild",
  "Shell",
  "Healthcheck",
];

function containerConfigJson(config: ContainerConfig): string {
  const known: ReadonlySet<string> = new Set(containerConfigKeys);
  const others = Object.entries(config).filter(([key]) => !known.has(key));
  return objectJson([
    ...containerConfigKeys.map((key) => [key, sortedJson(config[key])] as const),
    ...others.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, sortedJson(value)] as const),
  ]);
}

function historyJson(entry: HistoryEntry): string {
  return objectJson([
    ["created", sortedJson(entry.created)],
    ["created_by", sortedJson(entry.created_by)],
    ["author", sortedJson(entry.author)],
    ["comment", sortedJson(entry.comment)],
    ["empty_layer", sortedJson(entry.empty_layer)],
  ]);
}
