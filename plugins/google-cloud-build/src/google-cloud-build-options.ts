/** Where calls go instead of Google's own hosts. */
export interface GoogleEndpoints {
  /** `host:port` of Cloud Build; without TLS when `insecure` is set. */
  readonly cloudBuild?: { readonly host: string; readonly port: number; readonly insecure?: boolean };
  /** URL of Cloud Storage: `http://127.0.0.1:4443`. */
  readonly storage?: string;
  /** URL of Artifact Registry's API. */
  readonly artifactRegistry?: string;
  /** Hosts (`host[:port]`) that count as Artifact Registry beside `*-docker.pkg.dev` and `gcr.io`. */
  readonly registries?: readonly string[];
}

/** A token for Google's APIs. */
export interface GoogleAccessToken {
  readonly token: string;
  /** Milliseconds since 1970. @default in an hour */
  readonly expires?: number;
}

/** How missing repositories of Artifact Registry are made. */
export interface RepositoryCreation {
  /** Tags that cannot be moved. @default false */
  readonly immutableTags?: boolean;
  /** Days after which images without a tag are removed. @default never */
  readonly cleanupDays?: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** The machine that builds. */
export interface GoogleCloudBuildMachine {
  /** `E2_MEDIUM`, `E2_STANDARD_2`, `E2_HIGHCPU_8`, `E2_HIGHCPU_32`; not with a pool. @default "E2_HIGHCPU_8" */
  readonly type?: string;
  /** GB, at least; not with a pool. @default what the machine has */
  readonly diskGb?: number;
  /** `projects/P/locations/L/workerPools/N`; its location is the build's. */
  readonly pool?: string;
  /** @default 60 */
  readonly timeoutMinutes?: number;
  /** Minutes that a build may wait for a machine. @default 60 */
  readonly queueMinutes?: number;
  /** US dollars for a minute of it: with it, the record of an image says what its build cost. */
  readonly dollarsPerMinute?: number;
}

/** Options of the builder `google-cloud-build`. None of them changes the image but `index`. */
export interface GoogleCloudBuildOptions {
  /** Id of the project that builds. @default that of the credentials */
  readonly project?: string;
  /** `global`, or a region. @default that of `machine.pool`, else "global" */
  readonly location?: string;
  /** Bucket for build contexts and logs. @default `<project>_imagespec` */
  readonly bucket?: string;
  /** Folder in the bucket. @default "imagespec" */
  readonly prefix?: string;
  /** Repositories of Artifact Registry that do not exist: `false`, or how to make them. @default false */
  readonly createRepository?: false | RepositoryCreation;
  readonly machine?: GoogleCloudBuildMachine;
  /** Email of the account that builds run as. @default that of the project */
  readonly serviceAccount?: string;
  /** Where the log goes. Only `gcs` can be followed while a build runs. @default "gcs" */
  readonly logging?: "gcs" | "cloud-logging" | "none";
  /** `bucket[/folder]` for logs. @default a folder `logs` beside the contexts */
  readonly logsBucket?: string;
  /** `docker build`, or `docker buildx build`, which caches in a registry and builds for other platforms. @default what the build needs */
  readonly builder?: "docker" | "buildx";
  /** Image with the docker client that builds. @default `gcr.io/cloud-builders/docker`; with buildx, `docker.io/library/docker:28-cli` */
  readonly builderImage?: string;
  /** Image of BuildKit that buildx starts. @default the one that buildx chooses */
  readonly buildkitImage?: string;
  /** Network of build steps; `cloudbuild` gives them the credentials of the build's account. @default docker's own */
  readonly network?: string;
  /** A cache in a registry: `registry` is the reference it is kept under. @default "none" */
  readonly cache?: "none" | { readonly registry: string; readonly mode?: "min" | "max" };
  /** Secrets of specs by id that Secret Manager has: `projects/P/secrets/S/versions/V`. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Whether contexts are left to the lifecycle rule of the bucket, or removed when a build ends. @default "lifecycle" */
  readonly cleanup?: "lifecycle" | "always";
  /** Whether an aborted build is cancelled at Cloud Build. @default true */
  readonly cancelOnAbort?: boolean;
  /** Milliseconds between two looks at a build, growing from the first to the last, and at its log. @default 2000, 10000, 1000 */
  readonly poll?: { readonly firstMs?: number; readonly maxMs?: number; readonly logMs?: number };
  /** How Cloud Build is spoken to: `rest` passes proxies that break HTTP/2. @default "grpc" */
  readonly transport?: "grpc" | "rest";
  /** Package index for specs that name none, as the build's machine reaches it. @default the one that uv or pip is configured for by environment, else PyPI */
  readonly index?: string;
  /** A token in the place of the application default credentials, or what gives one. */
  readonly accessToken?: string | (() => Promise<GoogleAccessToken>);
  readonly endpoints?: GoogleEndpoints;
}
