import { profileEnv, profileLayout, type ResolvedImageSpec } from "@imagespec/core";
import type { ContainerConfig, Descriptor, Digest, HistoryEntry, ImageConfig, ImageManifest } from "@imagespec/oci";
import { encodeConfig, encodeManifest, mediaTypes, parsePlatform } from "@imagespec/oci";

/** A layer that was added, in image order. */
export interface AddedLayer {
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
  /** What it holds, for `docker history`. */
  readonly comment: string;
}

/** What an image is made of. */
export interface ImageParts {
  readonly platform: string;
  /** Config and layers (as they stand in the new manifest) of the base. */
  readonly base: { readonly config: ImageConfig; readonly layers: readonly Descriptor[] } | undefined;
  readonly layers: readonly AddedLayer[];
  readonly config: ContainerConfig;
}

const epoch = "1970-01-01T00:00:00Z";

/** Config and manifest of an image, as bytes with their descriptors. OCI types, whatever the base has. */
export function imageDocuments(parts: ImageParts): {
  readonly config: ReturnType<typeof encodeConfig>;
  readonly manifest: ReturnType<typeof encodeManifest>;
} {
  const { base, layers } = parts;
  const { os, architecture, variant } = base?.config ?? parsePlatform(parts.platform);
  const osVersion = base?.config["os.version"];
  const config = encodeConfig({
    architecture,
    os,
    ...(variant === undefined ? {} : { variant }),
    ...(osVersion === undefined ? {} : { "os.version": osVersion }),
    created: epoch,
    config: parts.config,
    rootfs: {
      type: "layers",
      diff_ids: [...(base?.config.rootfs.diff_ids ?? []), ...layers.map(({ diffId }) => diffId)],
    },
    history: [...baseHistory(parts.base), ...layers.map(historyEntry)],
  });
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers: [...(base?.layers ?? []), ...layers.map(({ descriptor }) => descriptor)],
  };
  return { config, manifest: encodeManifest(manifest) };
}

/** The base's history; where it does not match its layers, one entry for each of them: engines refuse a mismatch. */
function baseHistory(base: ImageParts["base"]): readonly HistoryEntry[] {
  if (base === undefined) return [];
  const history = base.config.history ?? [];
  const count = history.filter(({ empty_layer: isEmpty }) => isEmpty !== true).length;
  if (count === base.layers.length) return history;
  return base.layers.map(() => ({ created: epoch, created_by: "base" }));
}

function historyEntry({ comment }: AddedLayer): HistoryEntry {
  return { created: epoch, created_by: `imagespec ${comment}` };
}

/** What a container of the image gets: the base's configuration, as `FROM` inherits it, with the spec's on top. */
export function containerConfig(
  spec: Pick<ResolvedImageSpec, "env" | "entrypoint" | "cmd" | "labels" | "workdir" | "profile">,
  base: ContainerConfig,
  options: {
    readonly user: string;
    /** Whether the image has `/opt/venv`. */
    readonly venv: boolean;
    readonly env: Readonly<Record<string, string>>;
    readonly labels: Readonly<Record<string, string>>;
  },
): ContainerConfig {
  const { Entrypoint, Cmd, Env, Labels, OnBuild: _done, ...inherited } = base;
  const entrypoint = spec.entrypoint ?? Entrypoint ?? [];
  // A new entrypoint was not made for the base's arguments.
  const cmd = spec.cmd ?? (spec.entrypoint === undefined ? (Cmd ?? []) : []);
  return {
    ...inherited,
    User: options.user,
    WorkingDir: spec.workdir,
    Env: mergeEnv(Env ?? [], options.venv ? profileLayout(spec.profile).lastOnPath : undefined, {
      ...profileEnv(spec.profile, Env ?? []),
      ...spec.env,
      ...options.env,
    }),
    ...(entrypoint.length === 0 ? {} : { Entrypoint: entrypoint }),
    ...(cmd.length === 0 ? {} : { Cmd: cmd }),
    Labels: { ...Labels, ...spec.labels, ...options.labels },
  };
}

const venvBin = "/opt/venv/bin";
const usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** @param last folders at the end of `PATH`; nothing where there is no environment */
function mergeEnv(
  base: readonly string[],
  last: readonly string[] | undefined,
  own: Readonly<Record<string, string>>,
): readonly string[] {
  const merged = new Map<string, string>();
  for (const line of base) {
    const equals = line.indexOf("=");
    merged.set(equals < 0 ? line : line.slice(0, equals), equals < 0 ? "" : line.slice(equals + 1));
  }
  if (last !== undefined) {
    const placed = [venvBin, ...last];
    const others = (merged.get("PATH") ?? usualPath).split(":").filter((folder) => !placed.includes(folder));
    merged.set("PATH", [venvBin, ...others, ...last].join(":"));
    merged.set("VIRTUAL_ENV", "/opt/venv");
  }
  for (const [name, value] of Object.entries(own)) merged.set(name, value);
  return [...merged].map(([name, value]) => `${name}=${value}`);
}
