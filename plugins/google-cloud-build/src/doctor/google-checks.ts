import type { CliContext, DoctorCheck, DoctorFinding } from "@imagespec/core";
import { isImageSpecError } from "@imagespec/errors";
import { type GoogleSession, openSession } from "../build/google-session.ts";
import { assertOptions } from "../builder-options.ts";
import { explainCall } from "../errors/explain-call.ts";
import type { GoogleCloudBuildOptions } from "../google-cloud-build-options.ts";
import { contextOptions } from "./context-options.ts";

/** For how long each question may take, in milliseconds. */
const limitMs = 10_000;

/** Credentials, project, Cloud Build, bucket and logs, as builds use them; nothing is changed. */
export const googleChecks: DoctorCheck = {
  name: "google-cloud-build",
  run: (context) => checkAll(context),
};

async function checkAll(context: Pick<CliContext, "options" | "signal">): Promise<readonly DoctorFinding[]> {
  const options = contextOptions(context);
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(limitMs)]);
  let session: GoogleSession;
  try {
    assertOptions(options);
    session = await openSession(options, signal);
    await token(session, signal);
  } catch (error) {
    return [asFinding(error, signal)];
  }
  try {
    const about = `project "${session.place.project}", location "${session.place.location}"`;
    const first: DoctorFinding = { status: "ok", message: `credentials are there: ${about}` };
    const [builds, bucket] = await Promise.all([checkBuilds(session, signal), checkBucket(session, options, signal)]);
    return [first, builds, bucket, ...accountFindings(options)].map((finding) => finding);
  } finally {
    await session.cloudBuild.close();
  }
}

async function token({ api, place }: GoogleSession, signal: AbortSignal): Promise<void> {
  try {
    await api.token({ refresh: false, signal });
  } catch (error) {
    throw explainCall(error, { doing: "get a token", resource: "the credentials", project: place.project });
  }
}

async function checkBuilds({ cloudBuild, place }: GoogleSession, signal: AbortSignal): Promise<DoctorFinding> {
  try {
    await cloudBuild.listBuilds({ first: 1 }, { signal });
    return { status: "ok", message: `Cloud Build answers in "${place.location}"` };
  } catch (error) {
    const { project, location } = place;
    return asFinding(
      explainCall(error, {
        doing: "list builds",
        resource: `project "${project}"`,
        project,
        location,
        role: "roles/cloudbuild.builds.editor",
      }),
      signal,
    );
  }
}

async function checkBucket(
  { staging, place }: GoogleSession,
  options: GoogleCloudBuildOptions,
  signal: AbortSignal,
): Promise<DoctorFinding> {
  const { bucket, prefix, project, location } = place;
  const name = `bucket "${bucket}"`;
  try {
    if (options.bucket === undefined && !(await staging.bucketsOf(project, bucket, { signal })).includes(bucket)) {
      return {
        status: "error",
        message: `project "${project}" has no ${name}`,
        hint: `run gcloud storage buckets create gs://${bucket} --project ${project}, or set "bucket"`,
      };
    }
    // What is not there, in a bucket that is, and may be read.
    await staging.read(bucket, `${prefix}/doctor`, 0, { signal });
    return { status: "ok", message: `${name} can be read` };
  } catch (error) {
    return asFinding(
      explainCall(error, {
        doing: `read ${name}`,
        resource: name,
        project,
        location,
        role: "roles/storage.objectUser",
      }),
      signal,
    );
  }
}

function accountFindings({ serviceAccount, logging }: GoogleCloudBuildOptions): readonly DoctorFinding[] {
  const findings: DoctorFinding[] = [];
  if (serviceAccount === undefined) {
    findings.push({
      status: "warning",
      message: "builds run as the account of the project, which often may not push",
      hint: 'set "serviceAccount"; imagespec gcp policy prints the rights that it needs',
    });
  }
  if (logging !== undefined && logging !== "gcs") {
    findings.push({
      status: "warning",
      message: `with "logging: ${logging}" nobody sees what a build prints while it runs`,
      hint: 'leave "logging" out, or look into Cloud Logging',
    });
  }
  return findings;
}

function asFinding(error: unknown, signal: AbortSignal): DoctorFinding {
  if (!isImageSpecError(error)) {
    if (!signal.aborted) throw error;
    return { status: "error", message: "Google Cloud did not answer in time", hint: "check the network and the proxy" };
  }
  return { status: "error", message: error.message, hint: error.hint ?? "see docs/plugins/google-cloud-build.md" };
}
