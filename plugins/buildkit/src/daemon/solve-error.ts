/** A fact about a failed solve that the daemon attached to the error itself (BuildKit 0.9 and later; older ones attach none). */
export type SolveErrorDetail =
  /** The exit code of the process of the failed step. */
  | { readonly kind: "exit"; readonly code: number }
  /** Which step failed. */
  | { readonly kind: "vertex"; readonly digest: string }
  /** Which lines of the Dockerfile; the first line is 1. */
  | {
      readonly kind: "source";
      readonly file: string;
      readonly ranges: readonly { readonly start: number; readonly end: number }[];
    };

/** A solve that did not succeed: the raw facts, before they are put in the user's terms. */
export class SolveError extends Error {
  override readonly name = "SolveError";
  /** The status of the call as gRPC numbers them (5 is NOT_FOUND, 8 RESOURCE_EXHAUSTED); `undefined` when the connection broke. */
  readonly grpcCode: number | undefined;
  readonly details: readonly SolveErrorDetail[];

  /** `options.cause` is the error of Node or of the session that stands behind it, when there is one. */
  constructor(
    message: string,
    options: {
      readonly grpcCode?: number;
      readonly details?: readonly SolveErrorDetail[];
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.grpcCode = options.grpcCode;
    this.details = options.details ?? [];
  }
}
