import { ImageSpecError } from "@imagespec/errors";
import { expect, test } from "vitest";
import { awsError } from "./aws-error.ts";

/** As the SDK throws: a name, a message, and metadata. */
function thrown(name: string, message: string, status = 400): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status, requestId: "request-1" } });
}

const call = { action: "codebuild:StartBuild", resource: "project/images", region: "eu-central-1" };

test.each<[string, string, string, string]>([
  ["CredentialsProviderError", "Could not load credentials from any providers", "CLOUD_CREDENTIALS", "AWS_PROFILE"],
  ["ExpiredTokenException", "The security token included in the request is expired", "CLOUD_CREDENTIALS", "log in"],
  ["Error", "Region is missing", "CLOUD_PLACE", "AWS_REGION"],
  ["ThrottlingException", "Rate exceeded", "CLOUD_THROTTLED", "later"],
  ["SlowDown", "Please reduce your request rate.", "CLOUD_THROTTLED", "later"],
  ["AccountLimitExceededException", "Cannot have more than 2 builds in queue for the account", "CLOUD_QUOTA", "wait"],
  ["ResourceNotFoundException", "Project cannot be found", "CLOUD_NOT_FOUND", "create"],
  ["NoSuchBucket", "The specified bucket does not exist", "CLOUD_NOT_FOUND", "create"],
  ["OptInRequired", "You are not subscribed to this service", "CLOUD_SERVICE_DISABLED", "activate"],
  ["AccountSuspendedException", "suspended", "CLOUD_SERVICE_DISABLED", "activate"],
  [
    "InvalidInputException",
    "CodeBuild is not authorized to perform: sts:AssumeRole on arn:aws:iam::1:role/x",
    "CLOUD_BUILD_ENVIRONMENT",
    "let codebuild.amazonaws.com",
  ],
  ["InvalidInputException", "Invalid compute type", "CLOUD_ERROR", "request id"],
  ["TimeoutError", "socket hang up", "CLOUD_DOWN", "network"],
])("%s: %s", (name, message, code, hint) => {
  const error = awsError(thrown(name, message), call);
  expect(error).toMatchObject({ code, details: { provider: "aws", requestId: "request-1" } });
  expect(error.hint).toContain(hint);
});

test("a denied right names principal, action and resource", () => {
  const message =
    "User: arn:aws:sts::123456789012:assumed-role/ci/run is not authorized to perform: codebuild:StartBuild on resource: arn:aws:codebuild:eu-central-1:123456789012:project/images because no identity-based policy allows the codebuild:StartBuild action";
  const details = {
    principal: "arn:aws:sts::123456789012:assumed-role/ci/run",
    action: "codebuild:StartBuild",
    resource: "arn:aws:codebuild:eu-central-1:123456789012:project/images",
  };
  const error = awsError(thrown("AccessDeniedException", message), call);
  expect(error).toMatchObject({ code: "CLOUD_DENIED", details });
  for (const fact of Object.values(details)) expect(error.message).toContain(fact);
});

test("a denial that says little is completed by what was asked", () => {
  const error = awsError(thrown("403", "UnknownError", 403), { action: "s3:PutObject", resource: "contexts/a.tar.gz" });
  expect(error).toMatchObject({
    code: "CLOUD_DENIED",
    message: 'the caller may not s3:PutObject on "contexts/a.tar.gz"',
    details: { action: "s3:PutObject", resource: "contexts/a.tar.gz" },
  });
});

test("a quota of nothing is final", () => {
  const zero = thrown("AccountLimitExceededException", "Cannot have more than 0 builds in queue for the account");
  expect(awsError(zero, call).details).toMatchObject({ isFinal: true });
});

test("a bucket elsewhere is told with both regions", () => {
  const message = "The authorization header is malformed; the region 'eu-central-1' is wrong; expecting 'us-east-1'";
  const error = awsError(thrown("AuthorizationHeaderMalformed", message), {
    action: "s3:PutObject",
    resource: "contexts",
    region: "eu-central-1",
  });
  expect(error).toMatchObject({
    code: "AWS_BUCKET_REGION",
    origin: "cloud",
    message: 'the bucket "contexts" is in "us-east-1", the build project in "eu-central-1"',
  });
});

test("an empty answer is told with operation and request", () => {
  const error = awsError(thrown("InternalFailure", "UnknownError", 500), call);
  expect(error.message).toBe("AWS answered codebuild:StartBuild with InternalFailure: HTTP 500 without a message");
});

test("what is no error of AWS stays what it is; an abort is one", () => {
  const own = new ImageSpecError("INTERNAL", "x");
  expect(awsError(own, call)).toBe(own);
  expect(awsError(thrown("AbortError", "aborted"), { ...call, signal: AbortSignal.abort() }).code).toBe("ABORTED");
  const refused = new Error("x", { cause: Object.assign(new Error("y"), { code: "ECONNREFUSED" }) });
  expect(awsError(refused, call).code).toBe("CLOUD_DOWN");
});
