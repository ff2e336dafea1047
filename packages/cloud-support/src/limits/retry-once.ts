import { isImageSpecError } from "@imagespec/errors";

/** Runs something again, once, when the build service itself failed: `CLOUD_BUILD_FAULT`. What else it throws is thrown. */
export async function retryOnce<T>(
  run: (attempt: number) => Promise<T>,
  options: { readonly onRetry: (reason: string) => void; readonly signal: AbortSignal },
): Promise<T> {
  try {
    return await run(1);
  } catch (error) {
    if (!isImageSpecError(error, "CLOUD_BUILD_FAULT") || options.signal.aborted) throw error;
    options.onRetry(error.message);
    return run(2);
  }
}
