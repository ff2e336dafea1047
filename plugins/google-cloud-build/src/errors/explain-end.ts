import { explainBuild, type FailedBuild } from "@imagespec/cloud-support";
import { type ErrorCode, ImageSpecError } from "@imagespec/errors";
import type { BuildState } from "../client/build-state.ts";
import type { GoogleCloudBuildMachine } from "../google-cloud-build-options.ts";

/** What is known beside the state of a build that did not succeed. */
export interface EndedBuild extends Pick<FailedBuild, "failed" | "tail" | "spec" | "target"> {
  readonly machine: GoogleCloudBuildMachine | undefined;
  /** Email of the account that builds run as, where the options name it. */
  readonly account: string | undefined;
  readonly source: string;
}

/** The error for a build that ended otherwise than in success. */
export function explainEnd(state: BuildState, build: EndedBuild): ImageSpecError {
  const error = (code: ErrorCode, message: string, hint: string, details: Readonly<Record<string, unknown>> = {}) =>
    new ImageSpecError(code, message, {
      hint,
      logTail: build.tail,
      details: { ...detailsOf(state), ...details },
    });
  const { timeoutMinutes = 60, queueMinutes = 60 } = build.machine ?? {};
  switch (state.status) {
    case "TIMEOUT":
      return error(
        "BUILD_TIMEOUT",
        `the build took longer than ${timeoutMinutes} minutes${stepName(state)}`,
        'raise "machine.timeoutMinutes", or choose a larger machine',
      );
    case "EXPIRED":
      return error(
        "CLOUD_QUEUE_TIMEOUT",
        `the build waited longer than ${queueMinutes} minutes for a machine`,
        'raise "machine.queueMinutes", build fewer images at once, or name a private pool',
      );
    case "CANCELLED":
      return error(
        "CLOUD_BUILD_STOPPED",
        `somebody else cancelled the build "${state.id}"`,
        `look at ${state.logUrl} for who did it, then build again`,
      );
    case "INTERNAL_ERROR":
      return error(
        "CLOUD_BUILD_FAULT",
        `Cloud Build failed to carry out the build: ${said(state) || "it gives no reason"}`,
        "try again in a few minutes; see status.cloud.google.com",
      );
    default:
      return explainFailure(state, build, error);
  }
}

type MakeError = (
  code: ErrorCode,
  message: string,
  hint: string,
  details?: Readonly<Record<string, unknown>>,
) => ImageSpecError;

function explainFailure(state: BuildState, build: EndedBuild, error: MakeError): ImageSpecError {
  const text = said(state);
  const account = build.account ?? "the account that builds run as";
  if (/failed to access secret version/i.test(text)) {
    return error(
      "CLOUD_SOURCE",
      `the build cannot read a secret: ${text}`,
      `grant roles/secretmanager.secretAccessor on the secret to ${account}, or correct its name`,
    );
  }
  switch (state.failure?.type) {
    case "LOGGING_FAILURE":
      return error(
        "CLOUD_BUILD_FAULT",
        `the build could not write its log: ${text}`,
        `check that ${account} may write to the bucket of logs, then try again`,
        { logging: true },
      );
    case "FETCH_SOURCE_FAILED":
      return error(
        "CLOUD_SOURCE",
        `the build cannot fetch its context "${build.source}": ${text}`,
        `grant roles/storage.objectViewer on the bucket to ${account}; a new binding takes a minute`,
        { resource: build.source },
      );
    case "PUSH_NOT_AUTHORIZED":
      return error(
        "REGISTRY_DENIED",
        `${account} may not push to "${build.target}": ${text}`,
        `grant roles/artifactregistry.writer on the repository to it`,
        { action: "artifactregistry.repositories.uploadArtifacts", resource: build.target, principal: account },
      );
    case "PUSH_IMAGE_NOT_FOUND":
      return error("CLOUD_RESULT", `the build made no image to push: ${text}`, `read its log at ${state.logUrl}`);
    default:
      return explainStep(state, build, text, error);
  }
}

function explainStep(state: BuildState, build: EndedBuild, text: string, error: MakeError): ImageSpecError {
  const pull = /failed to pull|pull access denied|Error pulling|not found: manifest unknown|failed pulling/i;
  // Of the image that a step runs in; bases are pulled by docker, whose log says so.
  if (build.failed === undefined && pull.test(text)) {
    return error(
      "CLOUD_BUILD_ENVIRONMENT",
      `the image that the build runs in cannot be had: ${text}`,
      'correct "builderImage" in the options of the builder, or make it readable for the account of the build',
    );
  }
  const isPush = state.failure?.type === "PUSH_FAILED";
  return explainBuild({
    provider: "google",
    build: state.id,
    log: state.logUrl === "" ? undefined : state.logUrl,
    failed: build.failed,
    tail: isPush ? [...build.tail, text] : build.tail,
    spec: build.spec,
    target: build.target,
    message: text,
    details: detailsOf(state),
  });
}

/** Detail, or where there is none, what the status says. */
function said({ failure, statusDetail }: BuildState): string {
  return (failure?.detail || statusDetail).replace(/\s+/g, " ").trim().slice(0, 500);
}

function stepName({ steps }: BuildState): string {
  const step = steps.find(({ status }) => status === "TIMEOUT") ?? steps.find(({ status }) => status === "WORKING");
  return step === undefined ? "" : `, and was in step "${step.id}"`;
}

function detailsOf(state: BuildState): Readonly<Record<string, unknown>> {
  return {
    provider: "google",
    build: state.id,
    status: state.status,
    ...(state.failure === undefined ? {} : { failure: state.failure.type }),
    ...(state.logUrl === "" ? {} : { log: state.logUrl }),
  };
}
