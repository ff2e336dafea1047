import type { LayerEncoder } from "@imagespec/image-store/layers";
import type { RepositoryReference } from "@imagespec/registry-client";
import type { UvSettings } from "@imagespec/resolver";
import type { DebianArchive } from "../debian/index.ts";

/** A repository that holds layers by what they were made from, see {@link LayerIndex}. */
export interface LayerIndexOptions extends RepositoryReference {
  /** Adds what this machine makes. @default false */
  readonly write?: boolean;
}

/** How images are assembled; nothing of it changes what an image means. */
export interface AssembleOptions {
  /** @default a folder `assemble` in the engine's cache */
  readonly cacheFolder?: string;
  /** uv and package index settings. @default the environment of the process */
  readonly uv?: UvSettings;
  /** URLs of the Debian archive. @default deb.debian.org */
  readonly debianArchive?: DebianArchive;
  /** @default gzip in members */
  readonly encoder?: LayerEncoder;
  /** Where layers are looked for that another machine has made. @default nowhere */
  readonly layerIndex?: LayerIndexOptions;
  /** Where standalone Pythons come from. @default `UV_PYTHON_INSTALL_MIRROR`, else the releases of python-build-standalone */
  readonly pythonMirror?: string;
  /** For how long an unlocked resolution of Python packages is used again, in milliseconds. @default 10 minutes */
  readonly resolutionMaxAgeMs?: number;
  /** For how long an unlocked Debian base is not asked for anew, in milliseconds. @default 24 hours */
  readonly debianMaxAgeMs?: number;
}
