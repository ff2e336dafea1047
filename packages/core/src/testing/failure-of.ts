import { type ImageSpecError, isImageSpecError } from "@imagespec/errors";

/** The error that a promise rejects with, which must be an ImageSpecError. */
export async function failureOf(promise: Promise<unknown>): Promise<ImageSpecError> {
  const error: unknown = await promise.then(
    (value) => new Error(`no error, but ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (isImageSpecError(error)) return error;
  throw error;
}
