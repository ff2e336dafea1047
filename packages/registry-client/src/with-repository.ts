import { type ImageSpecError, isImageSpecError } from "@imagespec/errors";
import { AttemptFailure } from "./http/retry.ts";
import type { RepositoryContext } from "./repository-context.ts";

/**
 * Runs a write; where the registry has no such repository, a provider that can creates it, and the write runs once more. One that was made
 * a moment ago is not known everywhere in the registry: then another attempt makes sense.
 */
export async function withRepository<T>(
  context: RepositoryContext,
  signal: AbortSignal | undefined,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (failure) {
    if (missing(failure) === undefined || !(await context.ensureRepository(signal))) throw failure;
    return retryable(write);
  }
}

async function retryable<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (failure) {
    const error = missing(failure);
    throw error === undefined ? failure : new AttemptFailure(error, { retry: true });
  }
}

function missing(failure: unknown): ImageSpecError | undefined {
  const error = failure instanceof AttemptFailure ? failure.error : failure;
  return isImageSpecError(error, "REGISTRY_NOT_FOUND") ? error : undefined;
}
