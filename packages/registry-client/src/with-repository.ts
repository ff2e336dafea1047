import { isImageSpecError } from "@imagespec/errors";
import { AttemptFailure } from "./http/retry.ts";
import type { RepositoryContext } from "./repository-context.ts";

/** Runs a write; where the registry has no such repository, a provider that can creates it, and the write runs once more. */
export async function withRepository<T>(
  context: RepositoryContext,
  signal: AbortSignal | undefined,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (failure) {
    const error = failure instanceof AttemptFailure ? failure.error : failure;
    if (!isImageSpecError(error, "REGISTRY_NOT_FOUND") || !(await context.ensureRepository(signal))) throw failure;
    return write();
  }
}
