import {
  abortedError,
  defineErrors,
  type ErrorCode,
  ImageSpecError,
  isImageSpecError,
  messageOf,
  systemCodeOf,
} from "@imagespec/errors";

defineErrors("AWS", {
  AWS_BUCKET_REGION: {
    origin: "cloud",
    summary: "the bucket for build contexts is in another region than the build project",
  },
});

/** What was asked of AWS. */
export interface AwsCall {
  /** As IAM names it: `codebuild:StartBuild`. */
  readonly action: string;
  /** What it was asked about, for people and for policies: an ARN or a name. */
  readonly resource?: string | undefined;
  readonly region?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Calls AWS, and makes the errors of its SDK those of the catalogue. @throws CLOUD_…, AWS_BUCKET_REGION, ABORTED */
export async function callAws<T>(call: AwsCall, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw awsError(error, call);
  }
}

/** The error for what the SDK threw. */
export function awsError(error: unknown, call: AwsCall): ImageSpecError {
  if (isImageSpecError(error)) return error;
  if (call.signal?.aborted) return abortedError(call.signal);
  const facts = factsOf(error);
  const [code, message, hint, more] = explain(facts, call);
  const { requestId } = facts;
  return new ImageSpecError(code, message, {
    hint,
    cause: error,
    details: {
      provider: "aws",
      action: call.action,
      ...(call.resource === undefined ? {} : { resource: call.resource }),
      ...(call.region === undefined ? {} : { region: call.region }),
      ...(requestId === undefined ? {} : { requestId }),
      ...more,
    },
  });
}

/** The name that AWS gave an error: `ResourceNotFoundException`. */
export function awsErrorName(error: unknown): string {
  return factsOf(error).name;
}

interface Facts {
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly system: string | undefined;
}

function factsOf(error: unknown): Facts {
  const name = error instanceof Error ? error.name : "";
  const metadata =
    typeof error === "object" && error !== null && "$metadata" in error
      ? // The SDK puts it on each of its errors.
        (error.$metadata as { readonly httpStatusCode?: number; readonly requestId?: string } | undefined)
      : undefined;
  return {
    name,
    message: messageOf(error).replace(/\s+/g, " ").trim(),
    status: metadata?.httpStatusCode,
    requestId: metadata?.requestId,
    system: systemCodeOf(error),
  };
}

type Explanation = readonly [code: ErrorCode, message: string, hint: string, more?: Readonly<Record<string, unknown>>];

function explain(facts: Facts, call: AwsCall): Explanation {
  return (
    credentials(facts) ?? denial(facts, call) ?? bucketRegion(facts, call) ?? limits(facts, call) ?? rest(facts, call)
  );
}

const badCredentials =
  /^(?:CredentialsProviderError|ExpiredToken|ExpiredTokenException|UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignatureException|TokenRefreshRequired|AuthFailure|IncompleteSignature)$/;

function credentials({ name, message }: Facts): Explanation | undefined {
  if (/Region is missing/.test(message))
    return ["CLOUD_PLACE", "no AWS region is set", "set AWS_REGION, or the option region"];
  if (name === "CredentialsProviderError" || /Could not load credentials|Token is expired|SSO session/.test(message)) {
    const hint = "set AWS_PROFILE, run aws sso login, or give the machine a role";
    return ["CLOUD_CREDENTIALS", `there are no credentials for AWS: ${message}`, hint];
  }
  if (!badCredentials.test(name)) return undefined;
  return [
    "CLOUD_CREDENTIALS",
    `AWS does not accept the credentials (${name}): ${message}`,
    "log in again, and check the clock of this machine",
  ];
}

const denied =
  /^(?:AccessDenied|AccessDeniedException|UnauthorizedOperation|AuthorizationError|Forbidden|NotAuthorized)$/;

function denial({ name, message, status }: Facts, { action, resource }: AwsCall): Explanation | undefined {
  if (!denied.test(name) && !(status === 403 && /^(?:403|Unknown|UnknownError)$/.test(name))) return undefined;
  const said =
    /(?:User: )?(\S+) is not authorized to perform: (\S+?)(?: on resource: (\S+))?(?:[\s,]|$)/.exec(message) ?? [];
  const [, principal, statedAction, statedResource] = said;
  const lacking = statedAction ?? action;
  const on = (statedResource ?? resource ?? "*").replace(/[.,]$/, "");
  const isBoundary = /explicit deny/.test(message);
  return [
    "CLOUD_DENIED",
    `${principal === undefined ? "the caller" : `"${principal}"`} may not ${lacking} on "${on}"`,
    isBoundary
      ? `remove the explicit deny of ${lacking} from the policies of the principal or its organization`
      : `add ${lacking} on ${on} to the policy of the principal: imagespec aws policy prints all it needs`,
    { action: lacking, resource: on, ...(principal === undefined ? {} : { principal }) },
  ];
}

function bucketRegion(
  { name, message, status }: Facts,
  { action, resource, region }: AwsCall,
): Explanation | undefined {
  const isElsewhere =
    /^(?:PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/.test(name) ||
    (status === 301 && action.startsWith("s3:")) ||
    /must be addressed using the specified endpoint/.test(message);
  if (!isElsewhere) return undefined;
  const expected = /expecting '([\w-]+)'/.exec(message)?.[1];
  return [
    "AWS_BUCKET_REGION",
    `the bucket "${resource ?? ""}" is in ${expected === undefined ? "another region" : `"${expected}"`}, the build project in "${region ?? ""}"`,
    "name a bucket in the region of the project",
  ];
}

const throttled =
  /^(?:ThrottlingException|Throttling|ThrottledException|TooManyRequestsException|RequestLimitExceeded|RequestThrottled|RequestThrottledException|SlowDown|BandwidthLimitExceeded|PriorRequestNotComplete)$/;

function limits({ name, message }: Facts, { action }: AwsCall): Explanation | undefined {
  if (name === "AccountLimitExceededException") {
    const count = /more than (\d+) (?:active )?builds?/.exec(message)?.[1];
    const isFinal = count === "0";
    return [
      "CLOUD_QUOTA",
      `AWS allows no more builds at once: ${message}`,
      isFinal
        ? "ask AWS for a higher quota of concurrent builds of this compute type, or choose another compute.type"
        : "wait, build fewer images at once, or ask AWS for a higher quota of concurrent builds",
      { isFinal },
    ];
  }
  if (name === "LimitExceededException")
    return [
      "CLOUD_QUOTA",
      `a quota of AWS is used up for ${action}: ${message}`,
      "ask AWS for a higher quota",
      { isFinal: true },
    ];
  if (throttled.test(name) || /Rate exceeded/.test(message))
    return ["CLOUD_THROTTLED", `AWS limits the number of ${action} requests: ${message}`, "try again later"];
  if (/^(?:OptInRequired|SubscriptionRequiredException|AccountSuspendedException)$/.test(name))
    return [
      "CLOUD_SERVICE_DISABLED",
      `AWS refuses ${action} for this account: ${message}`,
      "activate the service for the account",
    ];
  return undefined;
}

function rest({ name, message, status, system }: Facts, { action, resource, region }: AwsCall): Explanation {
  const where = region === undefined ? "" : ` in "${region}"`;
  if (/NotFound|^NoSuch(?:Bucket|Key)$/.test(name) || (status === 404 && action.startsWith("s3:"))) {
    return [
      "CLOUD_NOT_FOUND",
      `${resource === undefined ? "what the configuration names" : `"${resource}"`} does not exist${where}: ${message}`,
      "create it, or correct its name and the region",
    ];
  }
  if (/not authorized to perform:? sts:AssumeRole|role (?:cannot|could not) be assumed/i.test(message)) {
    return [
      "CLOUD_BUILD_ENVIRONMENT",
      `CodeBuild cannot take the role of the project: ${message}`,
      "let codebuild.amazonaws.com assume the role: the templates of the plugin have the trust policy",
    ];
  }
  if (system !== undefined || /^(?:TimeoutError|NetworkingError|RequestTimeout)$/.test(name))
    return [
      "CLOUD_DOWN",
      `AWS cannot be reached for ${action}${where}: ${message}`,
      "check the network, the proxy and the region",
    ];
  const what = message === "UnknownError" ? `HTTP ${status ?? "error"} without a message` : message;
  return [
    "CLOUD_ERROR",
    `AWS answered ${action} with ${name === "" ? "an error" : name}: ${what}`,
    "try again later, or ask AWS with the request id",
  ];
}
