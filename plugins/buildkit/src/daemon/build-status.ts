/** One step of a build graph; updates of the same digest repeat and replace one another. Times are milliseconds since the epoch. */
export interface Vertex {
  readonly digest: string;
  readonly inputs: readonly string[];
  readonly name: string;
  readonly cached: boolean;
  readonly started: number | undefined;
  readonly completed: number | undefined;
  /** Empty while nothing failed. */
  readonly error: string;
  /** Vertices that people see as one step. */
  readonly progressGroup: { readonly id: string; readonly name: string; readonly weak: boolean } | undefined;
}

/** Progress of one item (a layer, a transfer) below a vertex. `current` and `total` are bytes, or both 0. */
export interface VertexStatus {
  readonly id: string;
  readonly vertex: string;
  readonly name: string;
  readonly current: number;
  readonly total: number;
  readonly timestamp: number | undefined;
  readonly started: number | undefined;
  readonly completed: number | undefined;
}

/** A raw chunk of a step's output; it may end within a line or within a character. */
export interface VertexLog {
  readonly vertex: string;
  readonly timestamp: number | undefined;
  /** 1 is stdout, 2 is stderr. */
  readonly stream: number;
  readonly message: Uint8Array;
}

/** What the Dockerfile frontend warns of. */
export interface VertexWarning {
  readonly vertex: string;
  readonly level: number;
  readonly short: string;
  readonly detail: readonly string[];
  readonly url: string;
}

/** BuildKit's StatusResponse: what changed since the one before. */
export interface BuildStatus {
  readonly vertexes: readonly Vertex[];
  readonly statuses: readonly VertexStatus[];
  readonly logs: readonly VertexLog[];
  readonly warnings: readonly VertexWarning[];
}
