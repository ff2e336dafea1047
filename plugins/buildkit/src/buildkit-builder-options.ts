/** A cache to import or export: a registry reference, BuildKit's own words (`type=gha,scope=main`), or those as an object. */
export type CacheChoice = string | Readonly<Record<string, string>>;

/** Options of the builder `buildkit`. None of them changes the image but `index`. */
export interface BuildkitBuilderOptions {
  /**
   * `grpc`: BuildKit's own protocol, over the Engine's socket or to a buildkitd. `buildx`: the command `docker buildx`.
   *
   * @default "auto": the first, and the second where the socket cannot carry it
   */
  readonly transport?: "auto" | "grpc" | "buildx";
  /**
   * Address of a buildkitd or an Engine: `unix:///…`, `tcp://…`, `npipe://…`; `docker-container://…`, `kube-pod://…` and `ssh://…`
   * with buildx.
   *
   * @default `BUILDKIT_HOST`, else `DOCKER_HOST`, the docker context, the first socket there is
   */
  readonly host?: string;
  /** Several buildkitds in place of `host`. Each build goes to the one that has its cache; one that is down is passed over. */
  readonly hosts?: readonly string[];
  /** Paths of PEM files for `tcp://` addresses. */
  readonly tls?: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    /** Name in the server's certificate. @default the host of the address */
    readonly serverName?: string;
  };
  /** Name of a builder of `docker buildx`. */
  readonly builder?: string;
  /** Build caches beyond the daemon's own. */
  readonly cache?: {
    readonly from?: readonly CacheChoice[];
    readonly to?: readonly CacheChoice[];
    /** What is exported: `min`, the layers of the image; `max`, all steps. @default "max" */
    readonly mode?: "min" | "max";
    /** Whether a cache that cannot be exported fails the build. @default false */
    readonly required?: boolean;
  };
  /** Of the layers that are made. @default "gzip" */
  readonly compression?: "gzip" | "zstd" | "none";
  /** Level of `compression`, as its algorithm counts. @default that of the daemon */
  readonly compressionLevel?: number;
  /** Which Dockerfile is written: `base` for BuildKit before 0.10. @default "auto": what the daemon reads */
  readonly dialect?: "auto" | "base" | "modern";
  /** Image that reads the Dockerfile in place of the daemon's own frontend. */
  readonly frontend?: string;
  /** Of build steps. `host` needs a daemon that allows it. @default "default" */
  readonly network?: "default" | "none" | "host";
  /**
   * Whether files that build steps write get the time of the epoch too, where the daemon can do that: the layers of those steps are
   * compressed once more in every build. All other layers always have it.
   *
   * @default false
   */
  readonly reproducible?: boolean;
  /** Milliseconds without a sign of life from the daemon after which a build has `STALLED`. @default 600000 */
  readonly stallTimeoutMs?: number;
  /** Whether build steps get the package index, logins and certificates of this machine, as secrets. @default true */
  readonly machineSecrets?: boolean;
  /** Package index for specs that name none. @default the one that uv or pip is configured for by environment, else PyPI */
  readonly index?: string;
  /** Path of a PEM file with the certificates that this machine's network needs. @default `SSL_CERT_FILE` and its like */
  readonly ca?: string;
  /** Whether `commands` get those certificates too, as a file and by the usual variables. @default true when `ca` is given */
  readonly caForCommands?: boolean;
  /** Path of the uv that resolves on this machine. @default `IMAGESPEC_UV`, else the one on `PATH`, else one that is fetched */
  readonly uv?: string;
  /** Image whose `/uv` installs packages in build steps. @default uv is sent to the daemon */
  readonly uvImage?: string;
  /** Absolute folder of base facts and resolutions. @default a folder `buildkit` in the engine's cache */
  readonly cacheFolder?: string;
}
