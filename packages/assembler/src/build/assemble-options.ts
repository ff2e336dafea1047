import type { LayerEncoder } from "@imagespec/image-store/layers";
import type { UvSettings } from "@imagespec/resolver";
import type { DebianArchive } from "../debian/index.ts";

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
  /** For how long an unlocked resolution of Python packages is used again, in milliseconds. @default 10 minutes */
  readonly resolutionMaxAgeMs?: number;
  /** For how long an unlocked Debian base is not asked for anew, in milliseconds. @default 24 hours */
  readonly debianMaxAgeMs?: number;
}
