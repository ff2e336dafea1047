import type { Availability } from "@imagespec/core";
import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import type { GoogleSession } from "./build/google-session.ts";
import { explainCall } from "./errors/explain-call.ts";

/** For how long credentials are looked for, in milliseconds: away from Google's machines, the metadata server does not answer. */
const limitMs = 3000;

/** Whether there are credentials and a project; nothing of either is used yet. */
export async function availability(
  open: (signal: AbortSignal) => Promise<GoogleSession>,
  signal: AbortSignal,
): Promise<Availability> {
  const limit = AbortSignal.timeout(limitMs);
  const either = AbortSignal.any([signal, limit]);
  try {
    const { api, place } = await open(either);
    try {
      await api.token({ refresh: false, signal: either });
    } catch (error) {
      throw explainCall(error, { doing: "get a token", resource: "the credentials", project: place.project });
    }
    return { available: true };
  } catch (error) {
    signal.throwIfAborted();
    const failure = limit.aborted ? noneFound() : error;
    if (!isImageSpecError(failure)) throw error;
    return { available: false, reason: failure.message, hint: failure.hint ?? "see imagespec doctor" };
  }
}

function noneFound(): ImageSpecError {
  return new ImageSpecError("CLOUD_CREDENTIALS", "no credentials for Google Cloud were found in time", {
    hint: "run gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS",
    details: { provider: "google" },
  });
}
