/** The error codes of the distribution specification, "Error Codes". */
export type RegistryFailureCode =
  | "BLOB_UNKNOWN"
  | "BLOB_UPLOAD_INVALID"
  | "BLOB_UPLOAD_UNKNOWN"
  | "DIGEST_INVALID"
  | "MANIFEST_BLOB_UNKNOWN"
  | "MANIFEST_INVALID"
  | "MANIFEST_UNKNOWN"
  | "NAME_INVALID"
  | "NAME_UNKNOWN"
  | "SIZE_INVALID"
  | "UNAUTHORIZED"
  | "DENIED"
  | "UNSUPPORTED";

/** One entry of an error body. */
export interface RegistryProblem {
  readonly code: RegistryFailureCode;
  readonly message: string;
  readonly detail?: unknown;
}

/**
 * A request that is answered by an error of the protocol. It never leaves the package: it becomes a response, which is why it is
 * not an `ImageSpecError`.
 */
export class RegistryFailure extends Error {
  readonly status: number;
  readonly problems: readonly RegistryProblem[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    problems: RegistryProblem | readonly RegistryProblem[],
    headers: Readonly<Record<string, string>> = {},
  ) {
    const list = "code" in problems ? [problems] : problems;
    super(list.map(({ message }) => message).join("; "));
    this.status = status;
    this.problems = list;
    this.headers = headers;
  }
}
