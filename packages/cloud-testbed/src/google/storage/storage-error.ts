import { GoogleError, type GoogleStatus } from "../google-error.ts";
import type { HttpAnswer } from "../http/serve-http.ts";

// "reason" of the JSON API: "HTTP status and error codes for JSON" in the documentation of Cloud Storage.
const reasons: Partial<Record<GoogleStatus, string>> = {
  NOT_FOUND: "notFound",
  PERMISSION_DENIED: "forbidden",
  UNAUTHENTICATED: "required",
  INVALID_ARGUMENT: "invalid",
  ALREADY_EXISTS: "conflict",
  RESOURCE_EXHAUSTED: "rateLimitExceeded",
  UNAVAILABLE: "backendError",
  INTERNAL: "backendError",
};

/** An error with an HTTP status that `google.rpc.Code` does not have. */
export class StorageError extends GoogleError {
  readonly http: number;
  readonly reason: string;

  constructor(http: number, reason: string, message: string, status: GoogleStatus = "FAILED_PRECONDITION") {
    super(status, message);
    this.http = http;
    this.reason = reason;
  }

  override get httpCode(): number {
    return this.http;
  }
}

/** The JSON API words its errors otherwise than Google's newer services. */
export function describeStorageError(error: GoogleError): HttpAnswer {
  const reason = error instanceof StorageError ? error.reason : (reasons[error.status] ?? "backendError");
  const { httpCode: code, message } = error;
  return { status: code, body: { error: { code, message, errors: [{ message, domain: "global", reason }] } } };
}

export function noSuchObject(bucket: string, object: string): GoogleError {
  return new GoogleError("NOT_FOUND", `No such object: ${bucket}/${object}`);
}

export function noSuchBucket(): GoogleError {
  return new GoogleError("NOT_FOUND", "The specified bucket does not exist.");
}

export function conditionNotMet(): StorageError {
  return new StorageError(
    412,
    "conditionNotMet",
    "At least one of the pre-conditions you specified did not hold.",
    "FAILED_PRECONDITION",
  );
}
