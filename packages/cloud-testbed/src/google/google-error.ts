/** Names of gRPC's status codes, as they stand in `google.rpc.Code` and in the JSON of an error. */
export type GoogleStatus = keyof typeof codes;

const codes = {
  CANCELLED: { grpc: 1, http: 499 },
  UNKNOWN: { grpc: 2, http: 500 },
  INVALID_ARGUMENT: { grpc: 3, http: 400 },
  DEADLINE_EXCEEDED: { grpc: 4, http: 504 },
  NOT_FOUND: { grpc: 5, http: 404 },
  ALREADY_EXISTS: { grpc: 6, http: 409 },
  PERMISSION_DENIED: { grpc: 7, http: 403 },
  RESOURCE_EXHAUSTED: { grpc: 8, http: 429 },
  FAILED_PRECONDITION: { grpc: 9, http: 400 },
  ABORTED: { grpc: 10, http: 409 },
  OUT_OF_RANGE: { grpc: 11, http: 400 },
  UNIMPLEMENTED: { grpc: 12, http: 501 },
  INTERNAL: { grpc: 13, http: 500 },
  UNAVAILABLE: { grpc: 14, http: 503 },
  DATA_LOSS: { grpc: 15, http: 500 },
  UNAUTHENTICATED: { grpc: 16, http: 401 },
} as const;

/** The `google.rpc.ErrorInfo` of an error: what a program can tell causes apart by. */
export interface ErrorInfo {
  /** `SERVICE_DISABLED`, `IAM_PERMISSION_DENIED` … */
  readonly reason: string;
  /** @default "googleapis.com" */
  readonly domain?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** An answer of a Google service that is an error. The transports turn it into what goes over the wire. */
export class GoogleError extends Error {
  readonly status: GoogleStatus;
  readonly info: ErrorInfo | undefined;

  constructor(status: GoogleStatus, message: string, info?: ErrorInfo) {
    super(message);
    this.name = "GoogleError";
    this.status = status;
    this.info = info;
  }

  /** Number of the status in gRPC. */
  get grpcCode(): number {
    return codes[this.status].grpc;
  }

  /** HTTP status (google/rpc/code.proto, "HTTP Mapping"). */
  get httpCode(): number {
    return codes[this.status].http;
  }
}

/** The JSON body of an error (AIP-193). */
export function errorBody(error: GoogleError): object {
  const { info } = error;
  const details =
    info === undefined
      ? undefined
      : [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", domain: "googleapis.com", ...info }];
  return {
    error: {
      code: error.httpCode,
      message: error.message,
      status: error.status,
      ...(details === undefined ? {} : { details }),
    },
  };
}

/** The refusal of a call to an API that the project has not enabled. */
export function serviceDisabled(service: string, title: string, project: string): GoogleError {
  const activationUrl = `https://console.developers.google.com/apis/api/${service}/overview?project=${project}`;
  return new GoogleError(
    "PERMISSION_DENIED",
    `${title} has not been used in project ${project} before or it is disabled. Enable it by visiting ${activationUrl} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.`,
    { reason: "SERVICE_DISABLED", metadata: { service, consumer: `projects/${project}`, activationUrl } },
  );
}
