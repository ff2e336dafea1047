import type { ExistencePolicy } from "@imagespec/core";

/** What `imagespec.config.*` may say. Flags win over it, fields of a spec too. */
export interface ImageSpecConfig {
  /** Registry host, with an optional path prefix, for specs that name none. */
  readonly registry?: string;
  /** The builder for specs that name none. */
  readonly builder?: string;
  /** Makes the images of base and system packages of split builds. @default no split */
  readonly systemBuilder?: string;
  /** Priority and options by builder name. */
  readonly builders?: Readonly<Record<string, BuilderConfig>>;
  /** Platforms for specs that name none. @default linux/amd64 */
  readonly platform?: string | readonly string[];
  /** What to do when it cannot be told whether an image exists. @default "fail" */
  readonly existence?: ExistencePolicy;
  /** Registry → hosts to pull from first. */
  readonly mirrors?: Readonly<Record<string, string | readonly string[]>>;
  /** Registries spoken to by plain HTTP. */
  readonly insecure?: readonly string[];
  /** PEM files of certificates to trust in addition, relative to the configuration file. */
  readonly ca?: string | readonly string[];
  /** Builders at work at once. @default the number of cores, at most 4 */
  readonly concurrency?: number;
  /** Relative to the configuration file. @default `IMAGESPEC_CACHE_DIR`, else the user's cache folder */
  readonly cacheFolder?: string;
}

export interface BuilderConfig {
  /** Higher goes first. @default the builder's own */
  readonly priority?: number;
  /** What the builder's own documentation describes. */
  readonly options?: unknown;
}

/** Gives a configuration its type: `export default defineConfig({ … })`. */
export function defineConfig(config: ImageSpecConfig): ImageSpecConfig {
  return config;
}
