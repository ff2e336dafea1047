/** One request as it came in. */
export interface RecordedRequest {
  /** `codebuild`, `s3`, `registry` … */
  readonly service: string;
  /** `StartBuild`, `PutObject`, `PutManifest` … */
  readonly operation: string;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Its bytes, as far as the server kept them; see `truncated`. */
  readonly body: Uint8Array;
  readonly truncated: boolean;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Of the answer; nothing as long as there is none, and when the connection was dropped. */
  status: number | undefined;
}

/** The longest body that is kept whole. Bytes. */
const longestBody = 16 << 20;

/** Requests in the order they came in. */
export interface RequestLog {
  readonly entries: readonly RecordedRequest[];
  add(request: Omit<RecordedRequest, "truncated" | "at" | "status">): RecordedRequest;
}

export function createRequestLog(): RequestLog {
  const entries: RecordedRequest[] = [];
  return {
    entries,
    add(request) {
      const entry: RecordedRequest = {
        ...request,
        body: request.body.subarray(0, longestBody),
        truncated: request.body.length > longestBody,
        at: Date.now(),
        status: undefined,
      };
      entries.push(entry);
      return entry;
    },
  };
}
