import type { BlobContent } from "@imagespec/oci";

/** Content of known size that every attempt opens anew. */
export interface StreamBody {
  readonly size: number;
  readonly open: BlobContent;
  /** Told the bytes handed to the connection so far. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

export interface TransportRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | StreamBody | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without a byte in either direction. */
  readonly timeoutMs: number;
}

/** A response body: iterate it once, or destroy it. */
export interface ResponseBody extends AsyncIterable<Uint8Array> {
  /** Gives up on the rest; its connection is closed. */
  destroy(): void;
}

export interface TransportResponse {
  readonly status: number;
  /** A header by its lower-case name; repeated ones joined by a comma. */
  header(name: string): string | undefined;
  readonly body: ResponseBody;
}

/** One HTTP request, one response: no redirects, no retries, no credentials. Rejects with the error of the network stack. */
export interface Transport {
  send(request: TransportRequest): Promise<TransportResponse>;
  /** Destroys every connection, in use or not. */
  close(): Promise<void>;
}
