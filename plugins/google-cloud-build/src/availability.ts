import type { Availability } from "@imagespec/core";
import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import { openGoogleApi } from "./client/google-auth-adapter.ts";
import { explainCall } from "./errors/explain-call.ts";
import type { GoogleCloudBuildOptions } from "./google-cloud-build-options.ts";

/** For how long credentials are looked for, in milliseconds: away from Google's machines, the metadata server does not answer. */
const limitMs = 3000;

/** Whether there are credentials and a project. Neither is used yet, and no client is loaded. */
export async function availability(options: GoogleCloudBuildOptions, signal: AbortSignal): Promise<Availability> {
  // Loading counts for nothing: only the network can make one wait for ever.
  const api = await openGoogleApi(options);
  const limit = AbortSignal.timeout(limitMs);
  const either = AbortSignal.any([signal, limit]);
  const place = { doing: "get a token", resource: "the credentials", project: options.project };
  try {
    await api.token({ refresh: false, signal: either });
    if (options.project === undefined) await api.project(either);
    return { available: true };
  } catch (error) {
    signal.throwIfAborted();
    const failure = limit.aborted ? noneFound() : isImageSpecError(error) ? error : explainCall(error, place);
    return { available: false, reason: failure.message, hint: failure.hint ?? "see imagespec doctor" };
  }
}

function noneFound(): ImageSpecError {
  return new ImageSpecError("CLOUD_CREDENTIALS", "no credentials for Google Cloud were found in time", {
    hint: "run gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS",
    details: { provider: "google" },
  });
}
