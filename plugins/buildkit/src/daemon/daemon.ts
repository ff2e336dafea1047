import type { ContextEntry } from "@imagespec/dockerfile";
import type { BuildStatus } from "./build-status.ts";
import type { EngineOperations } from "./engine-operations.ts";

export type { BuildStatus, Vertex, VertexLog, VertexStatus, VertexWarning } from "./build-status.ts";
export { SolveError, type SolveErrorDetail } from "./solve-error.ts";

/** A machine that builds: an Engine, a buildkitd, or a builder of `docker buildx`. */
export interface BuildkitDaemon extends AsyncDisposable {
  readonly kind: "engine" | "buildkitd" | "buildx";
  /** For people; carries no credentials. */
  readonly address: string;
  /** Of the Engine or of buildkitd; empty when not known. */
  readonly version: string;
  readonly features: DaemonFeatures;
  /** `os/arch[/variant]` that it says it runs, the native one first. */
  readonly platforms: readonly string[];
  /** Runs one build. @throws SolveError, and what the context or the credentials of the work throw */
  solve(work: SolveWork): Promise<SolveResult>;
  /** What an Engine does beside building; only with kind `engine`. */
  readonly engine: EngineOperations | undefined;
}

/** What a daemon can do. */
export interface DaemonFeatures {
  /** `base` for BuildKit before 0.10 (Engine before 23). */
  readonly dialect: "base" | "modern";
  /** It pushes by itself; a graph driver ignores the wish without a word. */
  readonly directPush: boolean;
  readonly ociExport: boolean;
  readonly multiPlatform: boolean;
  readonly registryCache: boolean;
  readonly rewriteTimestamp: boolean;
  readonly store: "graphdriver" | "containerd" | "buildkit";
}

/** A cache to import or export: `{ type: "registry", attrs: { ref: "…" } }`. */
export interface CacheEntry {
  readonly type: string;
  readonly attrs: Readonly<Record<string, string>>;
}

/** One build. */
export interface SolveWork {
  /** The Dockerfile. */
  readonly text: string;
  readonly context: readonly ContextEntry[];
  /** Work with the same key shares what was sent before: only changes are sent. */
  readonly sharedKey: string;
  readonly platform: string;
  readonly exporter: SolveExporter;
  /** @default false */
  readonly noCache?: boolean;
  /** Tags of base images are looked up in their registry even when the daemon has them. @default false */
  readonly pull?: boolean;
  /** An image that reads the Dockerfile in place of the daemon's own frontend. */
  readonly frontend?: string;
  /** Of the `RUN` steps. @default "default" */
  readonly network?: "default" | "none" | "host";
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly cacheFrom?: readonly CacheEntry[];
  readonly cacheTo?: readonly CacheEntry[];
  /** The value of a secret; `undefined` when there is none of this id. */
  readonly secret: (id: string) => Promise<Uint8Array | undefined>;
  /** The login for exactly this host. */
  readonly credentials: (host: string) => Promise<{ readonly username: string; readonly secret: string } | undefined>;
  readonly onStatus: (status: BuildStatus) => void;
  /** Called when the daemon has what it asked for of the context; not at all when the Dockerfile uses nothing of it. */
  readonly onContext?: (sent: { readonly files: number; readonly bytes: number }) => void;
  readonly signal: AbortSignal;
}

/** Where the result goes. */
export type SolveExporter =
  /** Nowhere: only the steps count. */
  | { readonly kind: "none" }
  /** To `registry/repository`, by digest, without a tag; nothing is kept by the daemon but its cache. */
  | {
      readonly kind: "push";
      readonly name: string;
      /** Pushes under this tag instead; an Engine then keeps the image, too. */
      readonly tag?: string;
      readonly insecure: boolean;
      /** Further ones of the exporter (`compression`, `rewrite-timestamp`); they win over ours. */
      readonly attrs?: Readonly<Record<string, string>>;
    }
  /** To the image store of the Engine under a tag nobody else uses: untagged builds at once break one another. */
  | { readonly kind: "engine"; readonly name: string; readonly attrs?: Readonly<Record<string, string>> }
  /** As an OCI archive, a tar stream; it must be read to its end. */
  | {
      readonly kind: "oci";
      readonly receive: (archive: AsyncIterable<Uint8Array>) => Promise<void>;
      readonly attrs?: Readonly<Record<string, string>>;
    };

export interface SolveResult {
  /** What the exporter says: `containerimage.digest` and others. */
  readonly exporter: Readonly<Record<string, string>>;
  /** Bytes of file content that the daemon asked for. */
  readonly contextBytes: number;
}
