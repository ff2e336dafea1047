import { expect, test } from "vitest";
import { isTransient, readAnswerFailure, readFailure } from "./google-failure.ts";

const answer = {
  error: {
    code: 403,
    message: "Cloud Build API has not been used in project acme before or it is disabled.",
    status: "PERMISSION_DENIED",
    details: [
      {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        reason: "SERVICE_DISABLED",
        domain: "googleapis.com",
        metadata: { service: "cloudbuild.googleapis.com", consumer: "projects/123" },
      },
    ],
  },
};
const read = {
  status: "PERMISSION_DENIED",
  message: answer.error.message,
  reason: "SERVICE_DISABLED",
  metadata: { service: "cloudbuild.googleapis.com", consumer: "projects/123" },
};

test("gRPC, REST fallback, plain REST and Cloud Storage say the same thing", () => {
  const grpc = Object.assign(new Error(`7 PERMISSION_DENIED: ${read.message}`), {
    code: 7,
    details: read.message,
    reason: "SERVICE_DISABLED",
    errorInfoMetadata: read.metadata,
  });
  expect(readFailure(grpc)).toEqual(read);
  expect(readFailure(Object.assign(new Error(JSON.stringify(answer)), { code: 403, status: 403 }))).toEqual(read);
  expect(readFailure(Object.assign(new Error("x"), { code: "403", response: { data: answer } }))).toEqual(read);
  expect(readAnswerFailure({ status: 403, body: answer })).toEqual(read);
  expect(readAnswerFailure({ status: 403, body: JSON.stringify([answer]) })).toEqual(read);
});

test.each([
  [{ code: 14, details: "unavailable" }, "UNAVAILABLE", true],
  [{ code: 8, details: "quota" }, "RESOURCE_EXHAUSTED", true],
  [{ code: "ECONNRESET", message: "socket" }, "UNAVAILABLE", true],
  [{ code: "ENOTFOUND" }, "UNAVAILABLE", true],
  [{ message: "network error: socket hang up" }, "UNAVAILABLE", true],
  [{ code: 429, message: "rateLimitExceeded" }, "RESOURCE_EXHAUSTED", true],
  [{ code: 503 }, "UNAVAILABLE", true],
  [{ code: 500 }, "INTERNAL", true],
  [{ code: 404, message: "No such object" }, "NOT_FOUND", false],
  [{ code: 412 }, "UNKNOWN", false],
  [{ code: 3, details: "bad" }, "INVALID_ARGUMENT", false],
  [new Error("something"), "UNKNOWN", false],
  ["text", "UNKNOWN", false],
])("%j is %s", (error, status, transient) => {
  const failure = readFailure(error);
  expect(failure.status).toBe(status);
  expect(isTransient(failure)).toBe(transient);
});
