import { type ErrorCode, ImageSpecError } from "@imagespec/errors";
import { type GoogleFailure, readFailure } from "./google-failure.ts";

/** What was being asked for. */
export interface CallPlace {
  /** In words, for the message: `start the build`. */
  readonly doing: string;
  /** What the call was about: `bucket "acme_imagespec"`, `project "acme"`. */
  readonly resource: string;
  readonly project: string | undefined;
  readonly location?: string;
  /** The account that asked, where it is known. */
  readonly principal?: string | undefined;
  /** Role that has the right, for the hint: `roles/cloudbuild.builds.editor`. */
  readonly role?: string;
}

interface Explanation {
  readonly code: ErrorCode;
  readonly what: string;
  readonly hint: string;
  readonly details?: Readonly<Record<string, string>>;
}

/** The error for a call that failed for good. */
export function explainCall(error: unknown, place: CallPlace): ImageSpecError {
  return explainFailure(readFailure(error), place, error);
}

/** The same for a failure that was read from an answer. */
export function explainFailure(failure: GoogleFailure, place: CallPlace, cause?: unknown): ImageSpecError {
  const { code, what, hint, details = {} } = explanationOf(failure, place);
  return new ImageSpecError(code, what, {
    hint,
    ...(cause === undefined ? {} : { cause }),
    details: {
      provider: "google",
      status: failure.status,
      ...(failure.reason === undefined ? {} : { reason: failure.reason }),
      ...(place.project === undefined ? {} : { project: place.project }),
      ...(place.location === undefined ? {} : { location: place.location }),
      ...details,
    },
  });
}

function explanationOf(failure: GoogleFailure, place: CallPlace): Explanation {
  return (
    credentialsProblem(failure) ??
    disabledService(failure, place) ??
    quotaProblem(failure, place) ??
    denial(failure, place) ??
    otherProblem(failure, place)
  );
}

function credentialsProblem({ status, message }: GoogleFailure): Explanation | undefined {
  if (/Unable to detect a Project Id/i.test(message)) {
    return {
      code: "CLOUD_PLACE",
      what: "no project of Google Cloud is known",
      hint: 'set "project" in the options of the builder, or GOOGLE_CLOUD_PROJECT',
    };
  }
  const login = "run gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS";
  if (/Could not load the default credentials|no credentials/i.test(message))
    return { code: "CLOUD_CREDENTIALS", what: "there are no credentials for Google Cloud", hint: login };
  const isRefused =
    status === "UNAUTHENTICATED" ||
    /invalid_grant|invalid_rapt|reauth|invalid_client|Token has been expired/i.test(message);
  if (!isRefused) return undefined;
  return {
    code: "CLOUD_CREDENTIALS",
    what: `Google Cloud does not accept the credentials: ${short(message)}`,
    hint: login,
  };
}

function disabledService(
  { message, reason, metadata }: GoogleFailure,
  { project }: CallPlace,
): Explanation | undefined {
  const isDisabled =
    reason === "SERVICE_DISABLED" ||
    reason === "accessNotConfigured" ||
    /has not been used in project|Access Not Configured|it is disabled/i.test(message);
  if (!isDisabled) return undefined;
  const service =
    metadata["service"] ?? /\b[a-z]+\.googleapis\.com\b/.exec(message)?.[0] ?? "cloudbuild.googleapis.com";
  const where = project ?? metadata["consumer"]?.replace(/^projects\//, "") ?? "";
  return {
    code: "CLOUD_SERVICE_DISABLED",
    what: `the API "${service}" is not enabled for project "${where}"`,
    hint: `run gcloud services enable ${service} --project ${where}, then wait a minute`,
    details: { service },
  };
}

function quotaProblem({ status, message }: GoogleFailure, { location, doing }: CallPlace): Explanation | undefined {
  if (/quota restrictions|cannot run builds in this region/i.test(message)) {
    return {
      code: "CLOUD_QUOTA",
      what: `builds are not allowed in location "${location ?? ""}": ${short(message)}`,
      hint: 'choose another region by the option "location", or ask for quota',
    };
  }
  if (status !== "RESOURCE_EXHAUSTED") return undefined;
  return {
    code: "CLOUD_THROTTLED",
    what: `too many requests to ${doing}: ${short(message)}`,
    hint: "wait before trying again, or ask for more of the quota that the message names",
  };
}

function denial(failure: GoogleFailure, { doing, resource, principal, role }: CallPlace): Explanation | undefined {
  const { status, message, metadata } = failure;
  if (status !== "PERMISSION_DENIED") return undefined;
  const action = metadata["permission"] ?? actionIn(message) ?? "";
  const denied = metadata["resource"] ?? /denied on resource:? '([^']+)'/.exec(message)?.[1] ?? resource;
  const who = principal ?? /^([^\s@]+@[^\s@]+\.[a-z]+) does not have/.exec(message)?.[1];
  const isActAs = action === "iam.serviceAccounts.actAs" || /actAs|act as service account/i.test(message);
  const wanted = isActAs ? "roles/iam.serviceAccountUser" : role;
  const account = who === undefined ? "the account" : `"${who}"`;
  return {
    code: "CLOUD_DENIED",
    what: `${account} may not ${doing}: it lacks ${action === "" ? "a right" : `"${action}"`} on ${quoted(denied)}`,
    hint:
      wanted === undefined
        ? "ask for the right; imagespec gcp policy prints what is needed"
        : `grant ${wanted} to it${isActAs ? " on the account that builds run as" : ""}; imagespec gcp policy prints the command`,
    details: {
      ...(who === undefined ? {} : { principal: who }),
      ...(action === "" ? {} : { action }),
      resource: denied,
    },
  };
}

function otherProblem({ status, message }: GoogleFailure, { doing, resource }: CallPlace): Explanation {
  if (status === "NOT_FOUND") {
    return {
      code: "CLOUD_NOT_FOUND",
      what: `${resource} does not exist, or may not be seen: ${short(message)}`,
      hint: "check the name, its project and its location, or create it",
      details: { resource },
    };
  }
  if (status === "UNAVAILABLE" || status === "DEADLINE_EXCEEDED") {
    return {
      code: "CLOUD_DOWN",
      what: `Google Cloud cannot be reached to ${doing}: ${short(message)}`,
      hint: 'check the network; where a proxy breaks gRPC, set "transport" to "rest"',
    };
  }
  return {
    code: "CLOUD_ERROR",
    what: `Google Cloud refused to ${doing} (${status}): ${short(message)}`,
    hint: "correct what the message names in the options of the builder",
  };
}

/** Rights are written like `storage.objects.create`; accounts look alike. */
function actionIn(message: string): string | undefined {
  const named = /Permission:? '([a-z]+(?:\.[a-zA-Z]+)+)'/.exec(message)?.[1];
  return (
    named ??
    /(?:^|[\s'"])((?:cloudbuild|storage|iam|artifactregistry|secretmanager|serviceusage)(?:\.[a-zA-Z]+){2})\b/.exec(
      message,
    )?.[1]
  );
}

function quoted(resource: string): string {
  return resource.includes('"') ? resource : `"${resource}"`;
}

/** The first lines, without the number of the status in front. */
function short(message: string): string {
  return message
    .replace(/^\d+ [A-Z_]+: /, "")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 400)
    .replace(/\.$/, "");
}
